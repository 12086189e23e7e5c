// LangChain for JavaScript, by responses.

import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import * as cases from "./cases.mjs";

const model = new ChatOpenAI({
  model: cases.MODEL,
  apiKey: cases.KEY,
  configuration: { baseURL: cases.URL_ },
  useResponsesApi: true,
  maxRetries: 0,
});
const user = (...content) => [new HumanMessage({ content })];
const ask = async (input) => (await model.invoke(input)).text;

const weather = tool(({ city }) => cases.WEATHER[city], {
  name: "get_weather",
  description: "Tell the weather of a city.",
  schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
});

await cases.run({
  chat: async () => cases.same(cases.HELLO, await ask(cases.CHAT)),

  stream: async () => {
    const pieces = [];
    for await (const chunk of await model.stream(cases.CHAT)) pieces.push(chunk.text);
    cases.same(cases.HELLO, cases.several(pieces));
  },

  tools: async () => {
    const able = model.bindTools([weather]);
    const messages = [new HumanMessage(cases.TOOLS)];
    for (;;) {
      const answer = await able.invoke(messages);
      if (!answer.tool_calls?.length) return cases.same(cases.COMPARED, answer.text);
      messages.push(answer);
      for (const call of answer.tool_calls) messages.push(await weather.invoke(call));
    }
  },

  structured: async () => {
    const schema = { title: "person", description: "A person.", ...cases.SCHEMA };
    const able = model.withStructuredOutput(schema, { name: "person", method: "jsonSchema" });
    cases.same(cases.ADA, await able.invoke(cases.STRUCTURED));
  },

  image: async () =>
    cases.same(
      cases.SEEN,
      await ask(user({ type: "text", text: cases.IMAGE }, { type: "image_url", image_url: { url: cases.PNG } })),
    ),

  pdf: async () => {
    // By responses it leaves out a part in the form of chat completions, and says nothing.
    const [, data] = cases.DOCUMENT.split(",");
    const file = {
      type: "file",
      source_type: "base64",
      mime_type: "application/pdf",
      data,
      metadata: { filename: "a.pdf" },
    };
    cases.same(cases.READ, await ask(user({ type: "text", text: cases.PDF }, file)));
  },

  errors: () => cases.fails(() => ask(cases.ERRORS)),
});

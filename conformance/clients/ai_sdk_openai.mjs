// Vercel's AI SDK with its OpenAI provider, which speaks responses and refers to stored items.

import { createOpenAI } from "@ai-sdk/openai";
import { generateObject, generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import * as cases from "./cases.mjs";

const model = createOpenAI({ baseURL: cases.URL_, apiKey: cases.KEY })(cases.MODEL);
const ask = async (more) => (await generateText({ model, maxRetries: 0, ...more })).text;
const user = (...content) => [{ role: "user", content }];
const bare = (url) => url.replace(/^.*;base64,/, "");

const get_weather = tool({
  description: "Tell the weather of a city.",
  inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } }, required: ["city"] }),
  execute: ({ city }) => cases.WEATHER[city],
});

await cases.run({
  chat: async () => {
    const first = await generateText({ model, maxRetries: 0, prompt: cases.CHAT });
    cases.same(cases.HELLO, first.text);
    const messages = [...user({ type: "text", text: "Hi" }), ...first.response.messages, ...user({ type: "text", text: cases.CHAT })];
    cases.same(cases.HELLO, await ask({ messages }));
  },

  stream: async () => {
    const pieces = [];
    const result = streamText({ model, maxRetries: 0, prompt: cases.CHAT });
    for await (const piece of result.textStream) pieces.push(piece);
    cases.same(cases.HELLO, cases.several(pieces));
    cases.same("stop", await result.finishReason);
  },

  tools: async () =>
    cases.same(cases.COMPARED, await ask({ prompt: cases.TOOLS, tools: { get_weather }, stopWhen: stepCountIs(5) })),

  structured: async () => {
    const schema = jsonSchema(cases.SCHEMA);
    cases.same(cases.ADA, (await generateObject({ model, maxRetries: 0, schema, prompt: cases.STRUCTURED })).object);
  },

  image: async () => {
    const messages = user({ type: "text", text: cases.IMAGE }, { type: "image", image: bare(cases.PNG), mediaType: "image/png" });
    cases.same(cases.SEEN, await ask({ messages }));
  },

  pdf: async () => {
    const file = { type: "file", data: bare(cases.DOCUMENT), mediaType: "application/pdf", filename: "a.pdf" };
    cases.same(cases.READ, await ask({ messages: user({ type: "text", text: cases.PDF }, file) }));
  },

  errors: () => cases.fails(() => ask({ prompt: cases.ERRORS })),
});

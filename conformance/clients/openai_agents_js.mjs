// OpenAI's agents for JavaScript, by responses.

import { Agent, OpenAIResponsesModel, run, setTracingDisabled, tool } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import * as cases from "./cases.mjs";

setTracingDisabled(true);
const client = new OpenAI({ baseURL: cases.URL_, apiKey: cases.KEY, maxRetries: 0 });
const model = new OpenAIResponsesModel(client, cases.MODEL);
const agent = (more = {}) => new Agent({ name: "assistant", instructions: "Be brief.", model, ...more });
const user = (...content) => [{ role: "user", content }];

const weather = tool({
  name: "get_weather",
  description: "Tell the weather of a city.",
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => cases.WEATHER[city],
});

await cases.run({
  chat: async () => cases.same(cases.HELLO, (await run(agent(), cases.CHAT)).finalOutput),

  stream: async () => {
    const pieces = [];
    const result = await run(agent(), cases.CHAT, { stream: true });
    for await (const piece of result.toTextStream()) pieces.push(piece);
    await result.completed;
    cases.same(cases.HELLO, cases.several(pieces));
    cases.same(cases.HELLO, result.finalOutput);
  },

  tools: async () => cases.same(cases.COMPARED, (await run(agent({ tools: [weather] }), cases.TOOLS)).finalOutput),

  structured: async () => {
    const outputType = z.object({ name: z.string(), born: z.number().int() });
    cases.same(cases.ADA, (await run(agent({ outputType }), cases.STRUCTURED)).finalOutput);
  },

  image: async () => {
    const input = user({ type: "input_text", text: cases.IMAGE }, { type: "input_image", image: cases.PNG });
    cases.same(cases.SEEN, (await run(agent(), input)).finalOutput);
  },

  pdf: async () => {
    const file = { type: "input_file", file: cases.DOCUMENT, filename: "a.pdf" };
    cases.same(cases.READ, (await run(agent(), user({ type: "input_text", text: cases.PDF }, file))).finalOutput);
  },

  errors: () => cases.fails(() => run(agent(), cases.ERRORS)),
});

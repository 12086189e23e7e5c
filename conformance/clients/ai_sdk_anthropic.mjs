// The AI SDK's Anthropic provider.

import { createAnthropic } from "@ai-sdk/anthropic";
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";
import * as cases from "./cases.mjs";

const model = createAnthropic({ baseURL: cases.URL_, apiKey: cases.KEY })(cases.MODEL);
const asking = (prompt, more = {}) => ({ model, maxRetries: 0, prompt, ...more });
const ask = async (prompt, more) => (await generateText(asking(prompt, more))).text;
const user = (text, url, mediaType) => [
  { role: "user", content: [{ type: "text", text }, { type: "file", data: url.split(",")[1], mediaType }] },
];

const get_weather = tool({
  description: "Tell the weather of a city.",
  inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } }, required: ["city"] }),
  execute: async ({ city }) => cases.WEATHER[city],
});

await cases.run({
  chat: async () => cases.same(cases.HELLO, await ask(cases.CHAT)),

  stream: async () => {
    const pieces = [];
    for await (const piece of streamText(asking(cases.CHAT)).textStream) pieces.push(piece);
    cases.same(cases.HELLO, cases.several(pieces));
  },

  tools: async () => cases.same(cases.COMPARED, await ask(cases.TOOLS, { tools: { get_weather }, stopWhen: stepCountIs(5) })),

  structured: async () => {
    const output = Output.object({ schema: jsonSchema(cases.SCHEMA) });
    cases.same(cases.ADA, (await generateText(asking(cases.STRUCTURED, { output }))).output);
  },

  image: async () => cases.same(cases.SEEN, await ask(user(cases.IMAGE, cases.PNG, "image/png"))),

  pdf: async () => cases.same(cases.READ, await ask(user(cases.PDF, cases.DOCUMENT, "application/pdf"))),

  errors: () => cases.fails(() => generateText(asking(cases.ERRORS))),
});

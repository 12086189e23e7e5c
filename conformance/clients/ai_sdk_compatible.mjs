// Vercel's AI SDK with @ai-sdk/openai-compatible.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateObject, generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import * as cases from "./cases.mjs";

const provider = createOpenAICompatible({
  name: "cmappy",
  baseURL: cases.URL_,
  apiKey: cases.KEY,
  supportsStructuredOutputs: true,
  includeUsage: true,
});
const model = provider(cases.MODEL);
const object = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const get_weather = tool({
  description: "Tell the weather of a city.",
  inputSchema: jsonSchema(object),
  execute: async ({ city }) => cases.WEATHER[city],
});
const media = (text, url, mediaType) => [
  { role: "user", content: [{ type: "text", text }, { type: "file", data: url.split(",")[1], mediaType, filename: "a" }] },
];

await cases.run({
  chat: async () => cases.same(cases.HELLO, (await generateText({ model, prompt: cases.CHAT })).text),

  stream: async () => {
    const pieces = [];
    for await (const piece of streamText({ model, prompt: cases.CHAT }).textStream) pieces.push(piece);
    cases.same(cases.HELLO, cases.several(pieces));
  },

  tools: async () => {
    const asked = { model, prompt: cases.TOOLS, tools: { get_weather }, stopWhen: stepCountIs(5) };
    cases.same(cases.COMPARED, (await generateText(asked)).text);
  },

  structured: async () => {
    const schema = jsonSchema(cases.SCHEMA);
    cases.same(cases.ADA, (await generateObject({ model, prompt: cases.STRUCTURED, schema })).object);
  },

  image: async () => {
    const messages = media(cases.IMAGE, cases.PNG, "image/png");
    cases.same(cases.SEEN, (await generateText({ model, messages })).text);
  },

  pdf: async () => {
    const messages = media(cases.PDF, cases.DOCUMENT, "application/pdf");
    cases.same(cases.READ, (await generateText({ model, messages })).text);
  },

  errors: () => cases.fails(() => generateText({ model, prompt: cases.ERRORS, maxRetries: 0 })),
});

// The official SDK for JavaScript, by chat completions.

import OpenAI from "openai";
import * as cases from "./cases.mjs";

const client = new OpenAI({ baseURL: cases.URL_, apiKey: cases.KEY, maxRetries: 0 });
const user = (content) => [{ role: "user", content }];
const ask = (content, more = {}) => client.chat.completions.create({ model: cases.MODEL, messages: user(content), ...more });
const text = async (content, more) => (await ask(content, more)).choices[0].message.content;

const person = { type: "json_schema", json_schema: { name: "person", schema: cases.SCHEMA, strict: true } };
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Tell the weather of a city.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    parse: JSON.parse,
    function: ({ city }) => cases.WEATHER[city],
  },
};

await cases.run({
  chat: async () => cases.same(cases.HELLO, await text(cases.CHAT)),

  stream: async () => {
    const pieces = [];
    for await (const chunk of await ask(cases.CHAT, { stream: true })) pieces.push(chunk.choices[0]?.delta.content);
    cases.same(cases.HELLO, cases.several(pieces));
  },

  tools: async () => {
    const runner = client.chat.completions.runTools({ model: cases.MODEL, messages: user(cases.TOOLS), tools: [weather] });
    cases.same(cases.COMPARED, await runner.finalContent());
  },

  structured: async () => cases.same(cases.ADA, JSON.parse(await text(cases.STRUCTURED, { response_format: person }))),

  image: async () => {
    const parts = [{ type: "text", text: cases.IMAGE }, { type: "image_url", image_url: { url: cases.PNG } }];
    cases.same(cases.SEEN, await text(parts));
  },

  pdf: async () => {
    const file = { filename: "a.pdf", file_data: cases.DOCUMENT };
    cases.same(cases.READ, await text([{ type: "text", text: cases.PDF }, { type: "file", file }]));
  },

  errors: () => cases.fails(() => ask(cases.ERRORS)),
});

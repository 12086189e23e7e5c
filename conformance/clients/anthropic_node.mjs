// Anthropic's official SDK for JavaScript.

import Anthropic from "@anthropic-ai/sdk";
import * as cases from "./cases.mjs";

const client = new Anthropic({ baseURL: cases.URL_.replace(/\/v1$/, ""), apiKey: cases.KEY, maxRetries: 0 });
const asking = (content, more = {}) => ({
  model: cases.MODEL,
  max_tokens: 1000,
  messages: [{ role: "user", content }],
  ...more,
});
const ask = (content, more) => client.messages.create(asking(content, more));
const text = async (content, more) => (await ask(content, more)).content[0].text;
const source = (url, media_type) => ({ type: "base64", media_type, data: url.split(",")[1] });

const weather = {
  name: "get_weather",
  description: "Tell the weather of a city.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  parse: (input) => input,
  run: ({ city }) => cases.WEATHER[city],
};

await cases.run({
  chat: async () => cases.same(cases.HELLO, await text(cases.CHAT)),

  stream: async () => {
    const pieces = [];
    const stream = client.messages.stream(asking(cases.CHAT));
    stream.on("text", (piece) => pieces.push(piece));
    const message = await stream.finalMessage();
    cases.same("end_turn", message.stop_reason);
    cases.same(cases.HELLO, cases.several(pieces));
  },

  tools: async () => {
    const message = await client.beta.messages.toolRunner(asking(cases.TOOLS, { tools: [weather] }));
    cases.same(cases.COMPARED, message.content[0].text);
  },

  structured: async () => {
    const format = { type: "json_schema", schema: cases.SCHEMA };
    cases.same(cases.ADA, JSON.parse(await text(cases.STRUCTURED, { output_config: { format } })));
  },

  image: async () => {
    const picture = { type: "image", source: source(cases.PNG, "image/png") };
    cases.same(cases.SEEN, await text([picture, { type: "text", text: cases.IMAGE }]));
  },

  pdf: async () => {
    const document = { type: "document", source: source(cases.DOCUMENT, "application/pdf") };
    cases.same(cases.READ, await text([document, { type: "text", text: cases.PDF }]));
  },

  errors: () => cases.fails(() => ask(cases.ERRORS)),
});

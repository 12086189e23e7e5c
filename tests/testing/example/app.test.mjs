// The same recordings from another language: `node --test`, with OPENAI_BASE_URL pointing to `cmappy --replay recordings`.
import assert from "node:assert/strict";
import test from "node:test";

async function ask(messages, options = {}) {
  const response = await fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...options.headers },
    body: JSON.stringify({ model: "sonnet", messages, ...options.body }),
  });
  return { status: response.status, text: await response.text() };
}

test("the answer is the recorded one", async () => {
  const { status, text } = await ask([{ role: "user", content: "Greet Ada in one line." }]);
  assert.equal(status, 200);
  assert.match(JSON.parse(text).choices[0].message.content, /Ada/);
});

test("it is streamed in the recorded pieces", async () => {
  const { text } = await ask([{ role: "user", content: "Greet Ada in one line." }], { body: { stream: true } });
  assert.ok(text.split("data: ").length > 4);
  assert.ok(text.endsWith("data: [DONE]\n\n"));
});

test("an overloaded model is a 503", async () => {
  const { status } = await ask([{ role: "user", content: "Anything" }], {
    headers: { "x-cmappy-scenario": "overloaded" },
  });
  assert.equal(status, 503);
});

test("what was not recorded is an error that says what differs", async () => {
  const { status, text } = await ask([{ role: "user", content: "Greet Bob in one line." }]);
  assert.equal(status, 502);
  assert.match(JSON.parse(text).error.message, /-user: Greet Ada in one line\.\n\+user: Greet Bob in one line\./);
});

// What every client is asked, and what it must get: the same as in cases.py, for scripts in JavaScript.

import { readFileSync } from "node:fs";

const cases = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf8"));

export const URL_ = process.env.BASE_URL ?? "http://127.0.0.1:3456/v1";
export const KEY = process.env.API_KEY ?? "unused";
export const MODEL = process.env.MODEL ?? "sonnet";

export const CHAT = cases.chat.ask;
export const HELLO = cases.chat.answer;
export const TOOLS = cases.tools.ask;
export const WEATHER = cases.tools.weather;
export const COMPARED = cases.tools.answer;
export const STRUCTURED = cases.structured.ask;
export const SCHEMA = cases.structured.schema;
export const ADA = cases.structured.answer;
export const IMAGE = cases.image.ask;
export const PNG = `data:image/png;base64,${cases.image.png}`;
export const SEEN = cases.image.answer;
export const PDF = cases.pdf.ask;
export const DOCUMENT = `data:application/pdf;base64,${cases.pdf.data}`;
export const READ = cases.pdf.answer;
export const ERRORS = cases.errors.ask;
export const TOO_LONG = cases.errors.answer;

const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));

// Complain unless both are the same.
export function same(expected, actual) {
  if (text(expected) !== text(actual)) throw new Error(`expected ${text(expected)}, got ${text(actual)}`);
}

// Complain unless a stream came in pieces, and return their sum.
export function several(pieces) {
  const told = pieces.filter((piece) => piece);
  if (told.length < 2) throw new Error(`the stream came in one piece: ${text(told)}`);
  return told.join("");
}

// Complain unless the work fails, and says that the prompt is too long.
export async function fails(work) {
  let raised;
  try {
    await work();
  } catch (error) {
    raised = error;
  }
  if (!raised) throw new Error("no error was raised");
  const told = [];
  for (let error = raised; error; error = error.cause ?? error.lastError) told.push(String(error), text(error));
  if (!told.join(" ").includes(TOO_LONG)) throw new Error(`the error does not say why: ${told.join(" ")}`);
}

// Run the capability that the command line names.
export async function run(capabilities) {
  try {
    await capabilities[process.argv[2]]();
    process.exit(0);
  } catch (error) {
    console.error(error?.stack ?? error);
    process.exit(1);
  }
}

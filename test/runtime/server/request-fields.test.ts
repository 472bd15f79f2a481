import { readFileSync } from "node:fs";
import { chatFields, completionFields, parseFields } from "../../../runtime/src/server/request-fields";

test("docs/reference/api.md names every field that the routes accept", () => {
  const page = readFileSync("docs/reference/api.md", "utf8");
  const fields = new Set([...Object.keys(completionFields.shape), ...Object.keys(chatFields.shape)]);
  expect([...fields].filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
});

test("a field that asks for nothing is accepted, null counts as absent", () => {
  const nothing = {
    n: 1,
    logprobs: null,
    presence_penalty: 0,
    frequency_penalty: 0,
    logit_bias: {},
    best_of: 1,
    echo: false,
    suffix: "",
    stop: null,
    temperature: null,
  };
  expect(parseFields(completionFields, { prompt: "x", ...nothing })).toMatchObject({ prompt: "x" });
  const chat = { tools: [], tool_choice: "none", response_format: { type: "text" }, logprobs: false };
  expect(parseFields(chatFields, { messages: [{ role: "user", content: "x" }], ...chat })).toMatchObject(
    chat,
  );
});

test("text parts become one text, and a message keeps what a template may read beside it", () => {
  const content = [
    { type: "text", text: "a" },
    { type: "text", text: "b" },
  ];
  const { messages } = parseFields(chatFields, { messages: [{ role: "user", name: "kim", content }] });
  expect(messages).toEqual([{ role: "user", name: "kim", content: "ab" }]);
});

test("a long value is abridged in the error", () => {
  const parse = () => parseFields(completionFields, { prompt: { text: "x".repeat(500) } });
  expect(parse).toThrow(/^prompt: must be a string.*, got \{"text":"x{1,80}…$/);
});

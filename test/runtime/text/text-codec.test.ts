import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CheckpointError } from "../../../runtime/src/model/checkpoint-error";
import { TextCodec } from "../../../runtime/src/text/text-codec";
import { findingsOf } from "../../support/findings";
import { removeTemporaryDirectories } from "../../support/temporary-directory";
import { directoryOf } from "../../support/tiny-checkpoint";

const BARD = join(__dirname, "../../../models/bard");
const TOKENIZER = readFileSync(join(BARD, "tokenizer.json"), "utf8");
const END_OF_TEXT = 0;

function open(directory: string): TextCodec {
  const codec = TextCodec.open(directory);
  if (!codec) throw new Error("has a tokenizer.json");
  return codec;
}

/** A codec with the embedded model's vocabulary and these settings. */
const codecWith = (tokenizerConfig: object, files: Record<string, unknown> = {}) =>
  open(directoryOf({ "tokenizer.json": TOKENIZER, "tokenizer_config.json": tokenizerConfig, ...files }));

/** What the chat template wrote: the conversation's tokens as text. */
const written = (codec: TextCodec, ...contents: string[]) =>
  codec.decode(codec.encodeChat(contents.map((content) => ({ role: "user", content }))));

afterEach(removeTemporaryDirectories);

describe("the embedded model's codec", () => {
  const codec = open(BARD);

  test("encodes as the reference does", () => {
    expect(codec.encode("ROMEO:\n")).toEqual([859, 59, 11]);
  });

  test.each(["O Romeo, Romeo!", "", " leading and trailing ", "naïve — 😀 漢字", "a\n\n\tb"])(
    "decodes what it encodes: %j",
    (text) => {
      expect(codec.decode(codec.encode(text))).toBe(text);
    },
  );

  test("shows no special tokens", () => {
    expect(codec.decode([END_OF_TEXT, ...codec.encode("O"), END_OF_TEXT])).toBe("O");
    expect(codec.decode([END_OF_TEXT])).toBe("");
  });

  test("decodes a part of a character to U+FFFD", () => {
    const [first] = codec.encode("漢");
    expect(codec.decode([first])).toBe("\ufffd");
  });

  test("writes a conversation as its template says, and lets the assistant speak next", () => {
    expect(codec.canChat).toBe(true);
    const tokens = codec.encodeChat([
      { role: "system", content: "Verona." },
      { role: "user", content: "Wherefore?" },
      { role: "assistant", content: "Because." },
    ]);
    const turn = (text: string) => [...codec.encode(text), END_OF_TEXT];
    expect(tokens).toEqual([
      ...turn("Verona."),
      ...turn("JULIET:\nWherefore?"),
      ...turn("ROMEO:\nBecause."),
      ...codec.encode("ROMEO:\n"),
    ]);
  });
});

describe("a checkpoint's chat template", () => {
  test("may be missing", () => {
    const codec = codecWith({});
    expect(codec.canChat).toBe(false);
    expect(() => codec.encodeChat([])).toThrow("no chat template");
  });

  test("may lie in a file of its own, which wins", () => {
    const codec = codecWith(
      { chat_template: "from the settings" },
      { "chat_template.jinja": "from the file: {{ messages[0].content }}" },
    );
    expect(written(codec, "hello")).toBe("from the file: hello");
  });

  test("is the default one of a list", () => {
    const codec = codecWith({
      chat_template: [
        { name: "tool_use", template: "tools" },
        { name: "default", template: "default: {{ messages[0].content }}" },
      ],
    });
    expect(written(codec, "hello")).toBe("default: hello");
  });

  test("counts as missing where none of a list is the default one", () => {
    expect(codecWith({ chat_template: [{ name: "rag", template: "x" }] }).canChat).toBe(false);
  });

  test("knows the special tokens, written as text or as an object", () => {
    const codec = codecWith({
      bos_token: "<s>",
      eos_token: { content: "</s>", lstrip: false },
      pad_token: null,
      chat_template: "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}",
    });
    expect(written(codec, "hello")).toBe("<s>hello</s>");
  });

  test("may refuse a conversation", () => {
    const codec = codecWith({ chat_template: "{{ raise_exception('roles must alternate') }}" });
    expect(() => codec.encodeChat([])).toThrow("roles must alternate");
  });
});

describe("a checkpoint directory", () => {
  test("without tokenizer.json has no codec", () => {
    expect(TextCodec.open(directoryOf({ "tokenizer_config.json": {} }))).toBeUndefined();
  });

  test("needs no tokenizer_config.json", () => {
    const codec = open(directoryOf({ "tokenizer.json": TOKENIZER }));
    expect(codec.canChat).toBe(false);
    expect(codec.encode("ROMEO:\n")).toEqual([859, 59, 11]);
  });

  test.each(["tokenizer.json", "tokenizer_config.json"])("is refused where %s is not JSON", (file) => {
    const refuse = () => TextCodec.open(directoryOf({ "tokenizer.json": TOKENIZER, [file]: "{" }));
    expect(refuse).toThrow(CheckpointError);
    expect(findingsOf(refuse)).toEqual([expect.stringContaining(`${file} is not JSON`)]);
  });

  test.each([
    ["its tokenizer is of an unknown kind", { "tokenizer.json": { model: { type: "Telepathy" } } }],
    ["its tokenizer is empty", { "tokenizer.json": {} }],
    ["its template is broken", { "chat_template.jinja": "{% for %}" }],
  ])("is refused where %s", (_, files) => {
    const refuse = () => TextCodec.open(directoryOf({ "tokenizer.json": TOKENIZER, ...files }));
    expect(refuse).toThrow(CheckpointError);
    expect(findingsOf(refuse)).toEqual([expect.stringMatching(/^tokenizer or chat template: ./)]);
  });
});

import { TextCodec } from "../../../runtime/src/text/text-codec";
import { bard } from "../../support/checkpoints";
import { removeTemporaryDirectories } from "../../support/temporary-directory";
import { directoryOf } from "../../support/tiny-checkpoint";

afterEach(removeTemporaryDirectories);

function open(directory: string): TextCodec {
  const codec = TextCodec.open(directory);
  if (!codec) throw new Error("has a tokenizer.json");
  return codec;
}

/** A SentencePiece vocabulary with byte fallback, as Llama 2's tokenizer.json writes it. */
const sentencePiece = () =>
  open(
    directoryOf({
      "tokenizer.json": {
        added_tokens: [
          {
            id: 0,
            content: "</s>",
            special: true,
            normalized: false,
            lstrip: false,
            rstrip: false,
            single_word: false,
          },
        ],
        normalizer: {
          type: "Sequence",
          normalizers: [
            { type: "Prepend", prepend: "▁" },
            { type: "Replace", pattern: { String: " " }, content: "▁" },
          ],
        },
        pre_tokenizer: null,
        post_processor: null,
        decoder: {
          type: "Sequence",
          decoders: [
            { type: "Replace", pattern: { String: "▁" }, content: " " },
            { type: "ByteFallback" },
            { type: "Fuse" },
            { type: "Strip", content: " ", start: 1, stop: 0 },
          ],
        },
        model: {
          type: "BPE",
          unk_token: "</s>",
          fuse_unk: true,
          byte_fallback: true,
          vocab: { "</s>": 0, "<0xE6>": 1, "<0x0A>": 2, "▁": 3, a: 4, "▁the": 5, é: 6 },
          merges: [],
        },
      },
    }),
  );

describe("a single token's text", () => {
  test("adds up to the text of all, byte by byte", () => {
    const codec = open(bard.directory);
    for (const text of ["O Romeo, Romeo!", " naïve — 😀 漢字\n\n"]) {
      const bytes = codec.encode(text).flatMap((token) => [...codec.tokenTexts.of(token).bytes]);
      expect(Buffer.from(bytes).toString()).toBe(text);
    }
  });

  test("writes bytes that are no whole character as OpenAI does", () => {
    const codec = open(bard.directory);
    const [first] = codec.encode("漢");
    expect(codec.tokenTexts.of(first)).toEqual({ text: "\\xe6", bytes: [0xe6], isWhole: false });
  });

  test("shows special tokens", () => {
    const bytes = [...Buffer.from("<|endoftext|>")];
    expect(open(bard.directory).tokenTexts.of(0)).toEqual({ text: "<|endoftext|>", bytes, isWhole: true });
  });

  test("is empty for a token that the tokenizer does not know", () => {
    expect(open(bard.directory).tokenTexts.of(5_000)).toEqual({ text: "", bytes: [], isWhole: true });
  });

  test.each([
    ["a byte", 1, "\\xe6", [0xe6]],
    ["a byte that is a character", 2, "\n", [0x0a]],
    ["a space", 3, " ", [0x20]],
    ["a word with the space before it", 5, " the", [...Buffer.from(" the")]],
    ["a letter", 6, "é", [0xc3, 0xa9]],
    ["a special token", 0, "</s>", [...Buffer.from("</s>")]],
  ])("is read from a SentencePiece vocabulary: %s", (_, token, text, bytes) => {
    expect(sentencePiece().tokenTexts.of(token)).toMatchObject({ text, bytes });
  });
});

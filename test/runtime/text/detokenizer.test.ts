import fc from "fast-check";
import { Detokenizer } from "../../../runtime/src/text/detokenizer";
import { bytesTokenizer, cutBytes } from "../../support/bytes-tokenizer";

/** What each token of such a vocabulary, in its order, makes come out, and at last the flush. */
function pieces(...vocabulary: (string | number[])[]): string[] {
  const { tokens, decode } = bytesTokenizer(...vocabulary);
  const detokenizer = new Detokenizer(decode);
  return [...tokens.map((token) => detokenizer.push(token)), detokenizer.flush()];
}

const LONE_SURROGATE = /\p{Surrogate}/u;
const bytesOf = (text: string) => [...Buffer.from(text)];

describe("the detokenizer", () => {
  test("gives the text of each token as it comes", () => {
    expect(pieces("Hel", "lo", " world")).toEqual(["Hel", "lo", " world", ""]);
  });

  test("holds the bytes of a character until it is whole", () => {
    const [first, second, third] = bytesOf("€");
    expect(pieces("a", [first], [second], [third], "b")).toEqual(["a", "", "", "€", "b", ""]);
  });

  test("holds an emoji back over four tokens and gives it in one piece", () => {
    const [first, second, third, fourth] = bytesOf("😀");
    expect(pieces([first], [second], [third], [fourth])).toEqual(["", "", "", "😀", ""]);
  });

  test("gives one emoji after another although each is split", () => {
    const bytes = bytesOf("😀😃");
    expect(pieces(...bytes.map((byte) => [byte])).join("|")).toBe("|||😀||||😃|");
  });

  test("holds text back that comes with the beginning of a character", () => {
    const [first, ...rest] = bytesOf("é");
    expect(pieces([...bytesOf("caf"), first], rest)).toEqual(["", "café", ""]);
  });

  test("gives the beginning of a character as U+FFFD when no token follows", () => {
    expect(pieces("a", [bytesOf("é")[0]])).toEqual(["a", "", "\ufffd"]);
  });

  test("does not wait for bytes that will never be a character", () => {
    const output = pieces([0x80], [0x80], [0x80], [0x80], [0x80], [0x80], "a");
    expect(output.slice(0, 6).join("")).not.toBe("");
    expect(output.join("")).toBe(`${"\ufffd".repeat(6)}a`);
  });

  test("gives a character whole that begins behind bytes that are none", () => {
    expect(pieces([0x80], [0x80], [0x80], ...bytesOf("😀").map((byte) => [byte]), "a").join("")).toBe(
      "\ufffd\ufffd\ufffd😀a",
    );
  });

  test("gives nothing for tokens that have no text, and goes on after them", () => {
    expect(pieces("a", "", "", "b")).toEqual(["a", "", "", "b", ""]);
  });

  test("reads the first token beside the prompt's last, as tokenizers want it that mark the beginnings of words", () => {
    // Such a tokenizer drops the space before the first word of what it decodes.
    const words = ["is", "Paris", "the"];
    const decode = (tokens: number[]) =>
      tokens
        .map((token) => ` ${words[token]}`)
        .join("")
        .trimStart();
    const detokenizer = new Detokenizer(decode, [0]);
    expect([detokenizer.push(1), detokenizer.push(2), detokenizer.flush()]).toEqual([" Paris", " the", ""]);
  });

  test("does not keep tokens without text, however many there are", () => {
    let longest = 0;
    const decode = (tokens: number[]) => {
      longest = Math.max(longest, tokens.length);
      return tokens.map((token) => (token === 0 ? "" : "x")).join("");
    };
    const detokenizer = new Detokenizer(decode);
    for (let count = 0; count < 1_000; count++) expect(detokenizer.push(0)).toBe("");
    expect(detokenizer.push(1)).toBe("x");
    expect(longest).toBeLessThan(5);
  });

  test("flushes only once", () => {
    const { decode } = bytesTokenizer([0xc3]);
    const detokenizer = new Detokenizer(decode);
    detokenizer.push(0);
    expect([detokenizer.flush(), detokenizer.flush()]).toEqual(["\ufffd", ""]);
  });

  test("decodes a token beside the one before it, on which its text may depend", () => {
    // As Metaspace does: the space of the first token of a text is not shown.
    const words = ["▁to", "▁be", "▁or"];
    const detokenizer = new Detokenizer((ids) =>
      ids
        .map((id) => words[id])
        .join("")
        .replaceAll("▁", " ")
        .replace(/^ /, ""),
    );
    expect([0, 1, 2, 0].map((token) => detokenizer.push(token))).toEqual(["to", " be", " or", " to"]);
  });

  test("decodes a few tokens at a time, however long the text is and whatever its bytes", () => {
    const { decode } = bytesTokenizer("a", [0x80]);
    let longest = 0;
    const detokenizer = new Detokenizer((ids) => {
      longest = Math.max(longest, ids.length);
      return decode(ids);
    });
    for (let index = 0; index < 100; index++) detokenizer.push(0);
    for (let index = 0; index < 100; index++) detokenizer.push(1);
    expect(longest).toBeLessThan(12);
  });
});

describe("any text, however its bytes are cut into tokens,", () => {
  const cuts = fc.array(fc.nat(), { maxLength: 40 });

  test("comes out as it is, and no piece ends within a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), cuts, (text, places) => {
        const output = pieces(...cutBytes(bytesOf(text), places));
        expect(output.join("")).toBe(text);
        for (const piece of output) expect(piece).not.toMatch(LONE_SURROGATE);
      }),
    );
  });

  test("and bytes that are no text come out as they decode when they are together", () => {
    const byte = fc.constantFrom(0x61, 0x80, 0x98, 0x9f, 0xa9, 0xc3, 0xe2, 0xf0, 0xff);
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 24 }), cuts, (bytes, places) => {
        const tokens = cutBytes(bytes, places);
        const output = pieces(...tokens);
        const { tokens: ids, decode } = bytesTokenizer(...tokens);
        expect(output.join("")).toBe(decode(ids));
        for (const piece of output) expect(piece).not.toMatch(LONE_SURROGATE);
      }),
      { numRuns: 2_000 },
    );
  });
});

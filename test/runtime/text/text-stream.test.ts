import { Generation } from "../../../runtime/src/engine/generation";
import type { FinishReason } from "../../../runtime/src/engine/sequence";
import { type TextDelta, type TextEnd, textStream } from "../../../runtime/src/text/text-stream";
import { bytesTokenizer } from "../../support/bytes-tokenizer";

/** A generation that has already given one token for each part of the vocabulary, and ended so. */
function given(vocabulary: readonly (string | readonly number[])[], finishReason?: FinishReason) {
  const { tokens, decode } = bytesTokenizer(...vocabulary);
  const tellEngine = jest.fn();
  const generation = new Generation(0, [1], tellEngine);
  for (const tokenId of tokens) {
    const isLast = tokenId === tokens.length - 1;
    generation.deliver({
      id: 1,
      tokens: [{ tokenId }],
      scheduledAt: 0,
      cachedTokens: 0,
      finishReason: isLast ? finishReason : undefined,
    });
  }
  return { generation, decode, tellEngine };
}

/** These stop strings, and else what a request is given that asks for nothing. */
const until = (stops: readonly string[], rules: Partial<TextEnd> = {}): TextEnd => ({
  stops,
  includesStop: false,
  minTokens: 0,
  ...rules,
});

async function collect(deltas: AsyncIterable<TextDelta>): Promise<TextDelta[]> {
  const collected: TextDelta[] = [];
  for await (const delta of deltas) collected.push(delta);
  return collected;
}

describe("a generation's text", () => {
  test("comes with each token, and the last piece says why it is the last", async () => {
    const { generation, decode, tellEngine } = given(["Good", " night"], "length");
    expect(await collect(textStream(generation, decode, until([])))).toEqual([
      { text: "Good", tokenIds: [0] },
      { text: " night", tokenIds: [1], finishReason: "length" },
    ]);
    expect(tellEngine).not.toHaveBeenCalled();
  });

  test("waits for whole characters, but reports every token at once", async () => {
    const { generation, decode } = given([[0xc3], [0xa9], "!"], "length");
    expect(await collect(textStream(generation, decode, until([])))).toEqual([
      { text: "", tokenIds: [0] },
      { text: "é", tokenIds: [1] },
      { text: "!", tokenIds: [2], finishReason: "length" },
    ]);
  });

  test("leaves out the token that ended it, unless asked for it", async () => {
    const without = given(["Good", " night", "<end>"], "stop");
    expect((await collect(textStream(without.generation, without.decode, until([])))).at(-1)).toEqual({
      text: "",
      tokenIds: [2],
      finishReason: "stop",
    });
    const withStop = given(["Good", " night", "<end>"], "stop");
    const included = textStream(withStop.generation, withStop.decode, until([], { includesStop: true }));
    expect((await collect(included)).at(-1)).toEqual({ text: "<end>", tokenIds: [2], finishReason: "stop" });
  });

  test("ends after a stop string where that is asked for", async () => {
    const { generation, decode } = given(["one", "\n", "\ntwo", "three"]);
    const deltas = await collect(textStream(generation, decode, until(["\n\n"], { includesStop: true })));
    expect(deltas.map(({ text }) => text)).toEqual(["one", "", "\n\n"]);
  });

  test("is not searched for stop strings within the minimum of tokens", async () => {
    const { generation, decode } = given(["END", " not END", " END"], "length");
    const deltas = await collect(textStream(generation, decode, until(["END"], { minTokens: 2 })));
    expect(deltas.map(({ text }) => text)).toEqual(["END", " not END", " "]);
    expect(deltas.at(-1)?.finishReason).toBe("stop");
  });

  test("ends before a stop string that begins within the minimum of tokens and is complete after it", async () => {
    const { generation, decode } = given(["\n\n", "one", "\n", "\ntwo"], "length");
    const deltas = await collect(textStream(generation, decode, until(["\n\n"], { minTokens: 3 })));
    expect(deltas.map(({ text }) => text)).toEqual(["\n", "\none", "", ""]);
    expect(deltas.at(-1)?.finishReason).toBe("stop");
  });

  test("tells of each token's log probability and where its text begins, also where text is held back", async () => {
    const { decode } = bytesTokenizer("é\u{1F600}", [0xc3], [0xa9], "END");
    const generation = new Generation(0, [1], jest.fn());
    const topLogprobs = [{ tokenId: 3, logprob: -0.5 }];
    const tokens = [0, 1, 2, 3].map((tokenId) => ({ tokenId, logprob: -tokenId, topLogprobs }));
    generation.deliver({ id: 1, tokens, scheduledAt: 0, cachedTokens: 0, finishReason: "length" });
    const deltas = await collect(textStream(generation, decode, until(["éEND"])));
    expect(deltas.map(({ text }) => text)).toEqual(["é\u{1F600}", "", "", ""]);
    expect(deltas.map(({ scoredTokens }) => scoredTokens)).toEqual(
      // In characters, not in halves of surrogate pairs.
      [0, 2, 2, 3].map((textOffset, tokenId) => [{ ...tokens[tokenId], textOffset }]),
    );
  });

  test("ends with U+FFFD where the last character is not whole", async () => {
    const { generation, decode } = given(["a", [0xc3]], "length");
    const [, last] = await collect(textStream(generation, decode, until([])));
    expect(last).toEqual({ text: "\ufffd", tokenIds: [1], finishReason: "length" });
  });

  test("ends before a stop string, with the token that completed it, and ends the generation", async () => {
    const { generation, decode, tellEngine } = given(["one", "\n", "\ntwo", "three"]);
    expect(await collect(textStream(generation, decode, until(["\n\n"])))).toEqual([
      { text: "one", tokenIds: [0] },
      { text: "", tokenIds: [1] },
      { text: "", tokenIds: [2], finishReason: "stop" },
    ]);
    expect(generation.endedBy).toBe("stop");
    expect(tellEngine).toHaveBeenCalledTimes(1);
  });

  test("gives held-back text with the last token where no stop string came of it", async () => {
    const { generation, decode } = given(["one", "\n"], "length");
    expect(await collect(textStream(generation, decode, until(["\n\n"])))).toEqual([
      { text: "one", tokenIds: [0] },
      { text: "\n", tokenIds: [1], finishReason: "length" },
    ]);
  });

  test("is stopped by a stop string that the last token completes", async () => {
    const { generation, decode, tellEngine } = given(["one", " END"], "length");
    expect((await collect(textStream(generation, decode, until(["END"]))))[1]).toEqual({
      text: " ",
      tokenIds: [1],
      finishReason: "stop",
    });
    expect(tellEngine).not.toHaveBeenCalled();
  });

  test("is stopped by a stop string that only the flush completes", async () => {
    const { generation, decode } = given(["a", [0xc3]], "length");
    expect((await collect(textStream(generation, decode, until(["\ufffd"]))))[1]).toEqual({
      text: "",
      tokenIds: [1],
      finishReason: "stop",
    });
  });

  test("is empty where there is no tokenizer", async () => {
    const { generation } = given(["a", "b"], "length");
    expect(await collect(textStream(generation, undefined, until([])))).toEqual([
      { text: "", tokenIds: [0] },
      { text: "", tokenIds: [1], finishReason: "length" },
    ]);
  });

  test("passes the generation's error on after the text that came before it", async () => {
    const { generation, decode } = given(["a"]);
    generation.fail(new Error("no more"));
    const deltas = textStream(generation, decode, until([]));
    expect((await deltas.next()).value).toEqual({ text: "a", tokenIds: [0] });
    await expect(deltas.next()).rejects.toThrow("no more");
  });

  test("aborts the generation when its reader leaves", async () => {
    const { generation, decode, tellEngine } = given(["a", "b"]);
    for await (const { text } of textStream(generation, decode, until([]))) {
      expect(text).toBe("a");
      break;
    }
    expect(tellEngine).toHaveBeenCalledTimes(1);
    expect(generation.endedBy).toBe("abort");
  });
});

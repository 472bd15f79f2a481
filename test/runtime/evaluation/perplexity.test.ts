/** @jest-environment <rootDir>/test/support/native-arrays-environment.ts */
import { readFileSync } from "node:fs";
import { noProgress } from "../../../runtime/src/artifacts/progress";
import { measurePerplexity } from "../../../runtime/src/evaluation/perplexity";
import { openCheckpoint } from "../../../runtime/src/model/checkpoint";
import { TextCodec } from "../../../runtime/src/text/text-codec";
import { bard } from "../../support/checkpoints";
import { naiveLogits } from "../../support/naive-decoder";
import { randomCheckpoint } from "../../support/quantized-checkpoint";
import { removeTemporaryDirectories } from "../../support/temporary-directory";

afterEach(removeTemporaryDirectories);

const letters = [..."abcdefghijklmnopqrstuvwxyz '.,\n!"];

/** A tokenizer whose tokens are single characters. */
const lettersTokenizer = {
  version: "1.0",
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: { type: "BPE", vocab: Object.fromEntries(letters.map((letter, id) => [letter, id])), merges: [] },
};

const text = "arise, fair sun, and kill the envious moon,\nwho is already sick and pale with grief!";

function naivePerplexity(
  directory: string,
  weights: Record<string, number[]>,
  window: number,
  stride: number,
) {
  const { config } = openCheckpoint(directory);
  const tokenIds = [...text].map((letter) => letters.indexOf(letter));
  let nats = 0;
  for (let token = 1; token < tokenIds.length; token++) {
    // The first window that reaches the token.
    const begin = Math.max(0, Math.ceil((token + 1 - window) / stride)) * stride;
    const logits = naiveLogits(config, weights, tokenIds.slice(begin, token));
    const most = Math.max(...logits);
    nats += Math.log(logits.reduce((sum, value) => sum + Math.exp(value - most), 0));
    nats += most - logits[tokenIds[token]];
  }
  return { perplexity: Math.exp(nats / (tokenIds.length - 1)), bits: nats / Math.LN2 / text.length };
}

test.each([
  [16, 15],
  [16, 1],
  [24, 10],
  [64, 32],
])("in windows of %i every %i is that of plain loops", async (window, stride) => {
  const { directory, weights } = randomCheckpoint({}, { "tokenizer.json": lettersTokenizer });
  const expected = naivePerplexity(directory, weights, window, stride);
  const measured = await measurePerplexity(directory, text, {
    window,
    stride,
    threads: 1,
    progress: noProgress,
  });
  expect(measured).toMatchObject({ tokens: text.length - 1, bytes: text.length });
  expect(measured.perplexity / expected.perplexity).toBeCloseTo(1, 4);
  expect(measured.bitsPerByte).toBeCloseTo(expected.bits, 4);
});

test("of bard on Shakespeare is far below the vocabulary's size, in steps of several chunks", async () => {
  const shakespeare = readFileSync("test/fixtures/texts/shakespeare.txt", "utf8");
  let advanced = 0;
  const { tokens, perplexity } = await measurePerplexity(bard.directory, shakespeare, {
    window: 512,
    stride: 256,
    threads: 1,
    progress: { ...noProgress, advance: (count) => (advanced += count) },
  });
  expect(tokens).toBe((TextCodec.open(bard.directory)?.encode(shakespeare).length ?? 0) - 1);
  expect(advanced).toBe(tokens);
  expect(perplexity).toBeGreaterThan(15);
  expect(perplexity).toBeLessThan(30);
});

test.each([
  ["a text of one token", "a", 16, /the text has 1 tokens: at least 2 are needed/],
  [
    "a window beyond the model's positions",
    text,
    65,
    /a window of 65 tokens exceeds max_position_embeddings 64/,
  ],
])("%s is refused", async (_, content, window, message) => {
  const { directory } = randomCheckpoint({}, { "tokenizer.json": lettersTokenizer });
  const options = { window, stride: 8, threads: 1, progress: noProgress };
  await expect(measurePerplexity(directory, content, options)).rejects.toThrow(message);
});

test("a tokenizer that gives tokens beyond the vocabulary is refused", async () => {
  const vocab = { ...lettersTokenizer.model.vocab, Z: letters.length };
  const tokenizer = { ...lettersTokenizer, model: { ...lettersTokenizer.model, vocab } };
  const { directory } = randomCheckpoint({}, { "tokenizer.json": tokenizer });
  const options = { window: 16, stride: 8, threads: 1, progress: noProgress };
  await expect(measurePerplexity(directory, "abZ", options)).rejects.toThrow(
    `gives token ${letters.length}, vocab_size is ${letters.length}: they are of different models`,
  );
});

test("a checkpoint without a tokenizer is refused", async () => {
  const { directory } = randomCheckpoint();
  const options = { window: 16, stride: 8, threads: 1, progress: noProgress };
  await expect(measurePerplexity(directory, text, options)).rejects.toThrow(/has no tokenizer\.json/);
});

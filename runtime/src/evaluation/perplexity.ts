import type { Progress } from "../artifacts/progress";
import { openCheckpoint } from "../model/checkpoint";
import { CheckpointError } from "../model/checkpoint-error";
import { ModelRunner } from "../model/model-runner";
import type { BatchEntry } from "../model/step-batch";
import { TextCodec } from "../text/text-codec";

export type PerplexityOptions = Readonly<{
  /** Tokens that the model sees at a time; at most the checkpoint's max_position_embeddings. */
  window: number;
  /** Tokens from one window to the next; below `window`. The rest of a window is context that was scored before. */
  stride: number;
  threads: number;
  progress: Progress;
}>;

/** How well a model predicts a text. */
export type Perplexity = Readonly<{
  /** The text in tokens. */
  tokenIds: readonly number[];
  /** Tokens that were predicted: all but the first. */
  tokens: number;
  /** Bytes of the text in UTF-8. */
  bytes: number;
  /** e to the mean negative log-likelihood of a token. Comparable between models of one tokenizer. */
  perplexity: number;
  /** Bits that the model needs per byte of the text. Comparable between all models. */
  bitsPerByte: number;
}>;

const BLOCK_SIZE = 16;
/** Logits that one step may return: they are copied, and a large vocabulary has many. */
const LOGITS_MAX = 8_000_000;
const CHUNK_TOKENS_MAX = 256;

/**
 * Measures a checkpoint's perplexity on a text in windows that overlap, so that every token but the first ones has
 * context (https://huggingface.co/docs/transformers/perplexity). It goes through the runner that serves.
 *
 * @throws CheckpointError where the checkpoint cannot be opened, has no tokenizer or one of another model, or the text is
 * too short
 */
export async function measurePerplexity(
  directory: string,
  text: string,
  { window, stride, threads, progress }: PerplexityOptions,
): Promise<Perplexity> {
  const checkpoint = openCheckpoint(directory);
  const { maxPositions, vocabSize } = checkpoint.config;
  if (window > maxPositions)
    throw new CheckpointError([
      `a window of ${window} tokens exceeds max_position_embeddings ${maxPositions} of ${directory}: lower it`,
    ]);
  const codec = TextCodec.open(directory);
  if (!codec)
    throw new CheckpointError([`${directory} has no tokenizer.json: perplexity is measured on text`]);
  const tokenIds = codec.encode(text);
  if (tokenIds.length < 2)
    throw new CheckpointError([
      `the text has ${tokenIds.length} tokens: at least 2 are needed to predict one`,
    ]);
  const beyond = tokenIds.find((tokenId) => tokenId >= vocabSize);
  if (beyond !== undefined)
    throw new CheckpointError([
      `the tokenizer of ${directory} gives token ${beyond}, vocab_size is ${vocabSize}: they are of different models`,
    ]);
  const blocks = Array.from({ length: Math.ceil(window / BLOCK_SIZE) }, (_, index) => index + 1);
  const runner = await ModelRunner.create(checkpoint, {
    blockSize: BLOCK_SIZE,
    blocks: blocks.length + 1,
    maxModelLen: window,
    threads,
    kvCachePrecision: "float32",
  });
  progress.begin(`evaluating ${checkpoint.name}`, tokenIds.length - 1);
  let nats = 0;
  try {
    const chunkTokens = Math.max(1, Math.min(CHUNK_TOKENS_MAX, Math.floor(LOGITS_MAX / vocabSize)));
    for (const each of windowsOf(tokenIds.length, window, stride))
      for (const chunk of chunksOf(each, chunkTokens)) {
        nats += await chunkSurprisal(runner, tokenIds, chunk, blocks);
        progress.advance(chunk.predictUntil - chunk.predictFrom);
      }
  } finally {
    await runner.release();
  }
  progress.end();
  const bytes = Buffer.byteLength(text);
  const tokens = tokenIds.length - 1;
  return {
    tokenIds,
    tokens,
    bytes,
    perplexity: Math.exp(nats / tokens),
    bitsPerByte: nats / Math.LN2 / bytes,
  };
}

/** Positions in the text. */
type Window = Readonly<{ begin: number; end: number; scoredFrom: number }>;

/** Windows over so many tokens; each predicts the tokens from `scoredFrom`, which the one before did not reach. */
function windowsOf(length: number, window: number, stride: number): Window[] {
  const windows: Window[] = [];
  let scoredFrom = 1;
  for (let begin = 0; scoredFrom < length; begin += stride) {
    const end = Math.min(begin + window, length);
    windows.push({ begin, end, scoredFrom });
    scoredFrom = end;
  }
  return windows;
}

/** What one step computes: the positions `at` to `until - 1`, of which those from `predictFrom` predict a token. */
type Chunk = Readonly<{
  start: number;
  at: number;
  until: number;
  predictFrom: number;
  predictUntil: number;
}>;

function chunksOf({ begin, end, scoredFrom }: Window, length: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = begin; at < end; at += length) {
    const until = Math.min(at + length, end);
    // A position predicts the token behind it. What the window's last one predicts is scored by the next window.
    const predictUntil = Math.min(until, end - 1);
    const predictFrom = Math.min(Math.max(at, scoredFrom - 1), predictUntil);
    chunks.push({ start: at - begin, at, until, predictFrom, predictUntil });
  }
  return chunks;
}

/** Nats that the predictions of a chunk cost. */
async function chunkSurprisal(
  runner: ModelRunner,
  tokenIds: readonly number[],
  { start, at, until, predictFrom, predictUntil }: Chunk,
  blocks: readonly number[],
): Promise<number> {
  const isSingle = until - at === 1;
  const entry: BatchEntry = {
    tokenIds: tokenIds.slice(at, until),
    start,
    blocks,
    scoredRows: predictFrom < predictUntil ? until - predictFrom : 0,
    scores: { kind: "all" },
  };
  const { scores } = await runner.run({
    copies: [],
    decodes: isSingle ? [entry] : [],
    prefills: isSingle ? [] : [entry],
  });
  let nats = 0;
  for (let position = predictFrom; position < predictUntil; position++) {
    const row = scores[0][position - predictFrom];
    if (row.kind !== "all") throw new Error(`invariant: all logits were wanted, got ${row.kind}`);
    nats += surprisal(row.logits, tokenIds[position + 1]);
  }
  return nats;
}

/** The negative logarithm of a token's probability. */
function surprisal(logits: Float32Array, tokenId: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < logits.length; at++) if (logits[at] > most) most = logits[at];
  let sum = 0;
  for (let at = 0; at < logits.length; at++) sum += Math.exp(logits[at] - most);
  return most + Math.log(sum) - logits[tokenId];
}

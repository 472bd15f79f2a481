import type { StepRunner } from "../../runtime/src/engine/engine";
import { NULL_BLOCK } from "../../runtime/src/kv/block-pool";
import type { BatchEntry, StepBatch, StepResult } from "../../runtime/src/model/step-batch";
import { Sampler } from "../../runtime/src/sampling/sampler";
import type { SamplingParams } from "../../runtime/src/sampling/sampling-params";
import type { TokenScores } from "../../runtime/src/sampling/token-scores";

const VOCABULARY = 7;

/**
 * A model whose logits depend on all tokens of a sequence, and whose cache holds the tokens themselves. It reads what
 * is cached through the block tables, so that a block which two sequences own, or one that was freed too early, gives
 * wrong answers.
 */
export class FakeStepRunner implements StepRunner {
  readonly batches: StepBatch[] = [];
  /** The next run throws it, after it has written the cache. */
  failure: Error | undefined;
  private readonly cache = new Map<number, number>();

  constructor(private readonly blockSize: number) {}

  async run(batch: StepBatch): Promise<StepResult> {
    this.batches.push(batch);
    for (const { tokenIds } of batch.decodes) expect(tokenIds).toHaveLength(1);
    for (const { tokenIds } of batch.prefills) expect(tokenIds.length).toBeGreaterThan(1);
    const entries = [...batch.decodes, ...batch.prefills];
    for (const { from, to } of batch.copies)
      for (let offset = 0; offset < this.blockSize; offset++)
        this.cache.set(to * this.blockSize + offset, Number(this.cache.get(from * this.blockSize + offset)));
    for (const entry of entries) this.write(entry);
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
    const scores = entries.map((entry) => {
      const known = this.read(entry);
      return Array.from({ length: entry.scoredRows }, (_, row): TokenScores => {
        const logits = logitsAfter(known.slice(0, known.length - entry.scoredRows + 1 + row));
        return entry.scores.kind === "best"
          ? { kind: "best", tokenId: indexOfMaximum(logits), logit: Math.max(...logits) }
          : { kind: "all", logits };
      });
    });
    return { scores, sessionSeconds: 0 };
  }

  private write({ tokenIds, start, blocks }: BatchEntry): void {
    for (const [offset, token] of tokenIds.entries())
      this.cache.set(this.slot(blocks, start + offset), token);
  }

  private read({ tokenIds, start, blocks }: BatchEntry): number[] {
    return Array.from({ length: start + tokenIds.length }, (_, position) =>
      Number(this.cache.get(this.slot(blocks, position))),
    );
  }

  private slot(blocks: readonly number[], position: number): number {
    const block = blocks[Math.floor(position / this.blockSize)];
    expect(block).toBeGreaterThan(NULL_BLOCK);
    return block * this.blockSize + (position % this.blockSize);
  }
}

/** What the fake model answers when a sequence is alone and nothing is cached. */
export function naiveCompletion(prompt: readonly number[], params: SamplingParams): number[] {
  const sampler = new Sampler(params, prompt);
  const tokens = [...prompt];
  while (tokens.length < prompt.length + params.maxTokens) {
    const token = Number(sampler.choose({ kind: "all", logits: logitsAfter(tokens) })?.tokenId);
    tokens.push(token);
    if (params.stopTokenIds.includes(token)) break;
  }
  return tokens.slice(prompt.length);
}

function logitsAfter(tokens: readonly number[]): Float32Array {
  let state = 0x811c9dc5;
  for (const token of tokens) state = Math.imul(state ^ (token + 1), 0x01000193);
  return Float32Array.from({ length: VOCABULARY }, (_, token) => {
    const mixed = Math.imul(state ^ (token * 0x9e3779b1), 0x85ebca6b);
    return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 31;
  });
}

function indexOfMaximum(values: Float32Array): number {
  return values.indexOf(Math.max(...values));
}

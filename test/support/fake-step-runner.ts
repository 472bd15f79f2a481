import type { StepRunner } from "../../runtime/src/engine/engine";
import { NULL_BLOCK } from "../../runtime/src/kv/block-pool";
import type { BatchEntry, StepBatch, StepResult } from "../../runtime/src/model/step-batch";
import { Sampler } from "../../runtime/src/sampling/sampler";
import type { SamplingParams } from "../../runtime/src/sampling/sampling-params";
import type { TokenScores } from "../../runtime/src/sampling/token-scores";

const VOCABULARY = 7;
const NO_CONTEXT = 0x811c9dc5;

/** A token, and all tokens up to it in one number: keys and values depend on both. */
type Slot = Readonly<{ token: number; context: number }>;

/**
 * A model whose logits depend on all tokens of a sequence, and whose cache holds the tokens themselves. It reads what
 * is cached through the block tables, so that a block which two sequences own, or one that was freed too early, gives
 * wrong answers. It refuses to read what no step wrote, what a failed one may have damaged, and what was computed after
 * other tokens than those that precede it now.
 */
export class FakeStepRunner implements StepRunner {
  readonly batches: StepBatch[] = [];
  /** The next run throws it, after it has written the cache. */
  failure: Error | undefined;
  /** What a batch did that no batch may do. The run has thrown it, too. */
  violation: Error | undefined;
  private readonly cache: (Slot | undefined)[] = [];

  /** @param memory last tokens that the next one depends on: with few of them the model repeats itself */
  constructor(
    private readonly blockSize: number,
    private readonly memory = Number.POSITIVE_INFINITY,
  ) {}

  async run(batch: StepBatch): Promise<StepResult> {
    this.batches.push(batch);
    const entries = [...batch.decodes, ...batch.prefills];
    if (batch.decodes.some(({ tokenIds }) => tokenIds.length !== 1))
      this.refuse("a decode of several tokens");
    if (batch.prefills.some(({ tokenIds }) => tokenIds.length < 2)) this.refuse("a prefill of one token");
    for (const block of batch.clears ?? [])
      for (let offset = 0; offset < this.blockSize; offset++)
        this.cache[block * this.blockSize + offset] = undefined;
    for (const { from, to } of batch.copies) this.copy(from, to);
    const written = new Set<number>();
    for (const entry of entries) this.write(entry, written);
    if (this.failure) {
      for (const slot of written) this.cache[slot] = undefined;
      const { failure } = this;
      this.failure = undefined;
      throw failure;
    }
    return { scores: entries.map((entry) => this.scores(entry)), sessionSeconds: 0 };
  }

  /** What a block holds. */
  tokensIn(block: number): (number | undefined)[] {
    return Array.from(
      { length: this.blockSize },
      (_, offset) => this.cache[block * this.blockSize + offset]?.token,
    );
  }

  private scores(entry: BatchEntry): TokenScores[] {
    const known = this.read(entry);
    return Array.from({ length: entry.scoredRows }, (_, row): TokenScores => {
      const logits = logitsAfter(known.slice(0, known.length - entry.scoredRows + 1 + row), this.memory);
      return entry.scores.kind === "best"
        ? { kind: "best", tokenId: indexOfMaximum(logits), logit: Math.max(...logits) }
        : { kind: "all", logits };
    });
  }

  private copy(from: number, to: number): void {
    if (from === to || from === NULL_BLOCK || to === NULL_BLOCK) this.refuse(`a copy from ${from} to ${to}`);
    for (let offset = 0; offset < this.blockSize; offset++)
      this.cache[to * this.blockSize + offset] = this.cache[from * this.blockSize + offset];
  }

  private write({ tokenIds, start, blocks }: BatchEntry, written: Set<number>): void {
    let context = start === 0 ? NO_CONTEXT : this.cache[this.slot(blocks, start - 1)]?.context;
    if (context === undefined) this.refuse(`position ${start} computed after one that holds nothing`);
    for (const [offset, token] of tokenIds.entries()) {
      const slot = this.slot(blocks, start + offset);
      if (written.has(slot)) this.refuse(`slot ${slot} written by two sequences`);
      written.add(slot);
      context = extended(context, token);
      this.cache[slot] = { token, context };
    }
  }

  private read({ tokenIds, start, blocks }: BatchEntry): number[] {
    let context = NO_CONTEXT;
    return Array.from({ length: start + tokenIds.length }, (_, position) => {
      const slot = this.slot(blocks, position);
      const held = this.cache[slot] ?? this.refuse(`slot ${slot} read that holds nothing`);
      context = extended(context, held.token);
      if (held.context !== context)
        this.refuse(`slot ${slot} read after other tokens than it was computed after`);
      return held.token;
    });
  }

  private slot(blocks: readonly number[], position: number): number {
    const block = blocks[Math.floor(position / this.blockSize)];
    if (!(block > NULL_BLOCK)) this.refuse(`position ${position} in block ${block}`);
    return block * this.blockSize + (position % this.blockSize);
  }

  private refuse(what: string): never {
    this.violation = new Error(what);
    throw this.violation;
  }
}

/** What the fake model answers when a sequence is alone and nothing is cached. */
export function naiveCompletion(
  prompt: readonly number[],
  params: SamplingParams,
  memory = Number.POSITIVE_INFINITY,
): number[] {
  const sampler = new Sampler(params, prompt);
  const tokens = [...prompt];
  while (tokens.length < prompt.length + params.maxTokens) {
    const token = Number(sampler.choose({ kind: "all", logits: logitsAfter(tokens, memory) })?.tokenId);
    tokens.push(token);
    if (params.stopTokenIds.includes(token)) break;
  }
  return tokens.slice(prompt.length);
}

function extended(context: number, token: number): number {
  return Math.imul(context ^ (token + 1), 0x01000193);
}

function logitsAfter(tokens: readonly number[], memory: number): Float32Array {
  let state = NO_CONTEXT;
  for (let index = Math.max(0, tokens.length - memory); index < tokens.length; index++)
    state = extended(state, tokens[index]);
  const logits = new Float32Array(VOCABULARY);
  for (let token = 0; token < VOCABULARY; token++) {
    const mixed = Math.imul(state ^ (token * 0x9e3779b1), 0x85ebca6b);
    logits[token] = ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 31;
  }
  return logits;
}

function indexOfMaximum(values: Float32Array): number {
  return values.indexOf(Math.max(...values));
}

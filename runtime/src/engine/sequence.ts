import type { BlockTable } from "../kv/block-table";
import { Sampler } from "../sampling/sampler";
import type { SamplingParams } from "../sampling/sampling-params";

export type SequenceId = number;

/** Why a sequence ended, in OpenAI's words. */
export type FinishReason = "stop" | "length";

/** One prompt and its completion on their way through the engine. */
export class Sequence {
  readonly sampler: Sampler;
  /** Tokens whose keys and values are in the cache. */
  computed = 0;
  /** Seconds on the process's monotonic clock when it was first scheduled. */
  scheduledAt: number | undefined;
  private readonly tokens: number[];
  private readonly promptLength: number;

  constructor(
    readonly id: SequenceId,
    prompt: readonly number[],
    readonly params: SamplingParams,
    readonly table: BlockTable,
  ) {
    this.tokens = [...prompt];
    this.promptLength = prompt.length;
    this.sampler = new Sampler(params, prompt);
  }

  /** Prompt and output together. */
  get length(): number {
    return this.tokens.length;
  }

  get outputLength(): number {
    return this.tokens.length - this.promptLength;
  }

  /** Tokens that are known and not in the cache: 1 for a decode, more for a prefill or after a preemption. */
  get pending(): number {
    return this.tokens.length - this.computed;
  }

  tokensFrom(start: number, count: number): number[] {
    return this.tokens.slice(start, start + count);
  }

  /** Appends a sampled token. Returns why the sequence ends with it, if it does. */
  append(token: number): FinishReason | undefined {
    this.tokens.push(token);
    if (this.params.stopTokenIds.includes(token)) return "stop";
    return this.outputLength >= this.params.maxTokens ? "length" : undefined;
  }

  /** Gives up the cache but keeps the output: all tokens will be computed again. */
  preempt(): void {
    this.table.release();
    this.computed = 0;
  }
}

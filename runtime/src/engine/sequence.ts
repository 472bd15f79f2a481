import { type KvCache, SequenceCache } from "../kv/sequence-cache";
import { Sampler } from "../sampling/sampler";
import type { SamplingParams } from "../sampling/sampling-params";
import { DraftHistory } from "./draft-history";
import { PromptLookup } from "./prompt-lookup";
import type { SequenceRequest } from "./protocol";

export type SequenceId = number;

/** Why a sequence ended, in OpenAI's words. */
export type FinishReason = "stop" | "length";

/**
 * One completion of a prompt. A sequence has its own; further ones wait with it and become sequences of their own when
 * the prompt is computed.
 */
type Completion = Readonly<{ id: SequenceId; sampler: Sampler; arrival: number }>;

type Traits = Readonly<{
  params: SamplingParams;
  /** Lower comes first where the policy looks at it. */
  priority: number;
  /** Seconds on the engine's clock. */
  deadline?: number;
  promptLength: number;
}>;

/** One prompt and its completion on their way through the engine. */
export class Sequence {
  /**
   * @param request its forks arrive right after it, in their order
   * @param arrival its place in the order of arrival
   */
  static of(request: SequenceRequest, arrival: number, kv: KvCache): Sequence {
    const { id, promptTokenIds, params, priority, deadline, cacheSalt, forks } = request;
    const tokens = [...promptTokenIds];
    const sequence = new Sequence(
      { id, arrival, sampler: new Sampler(params, tokens) },
      { params, priority, deadline, promptLength: tokens.length },
      tokens,
      new SequenceCache(kv, tokens, cacheSalt),
    );
    for (const [index, fork] of forks.entries())
      sequence.waitingForks.push({
        id: fork.id,
        arrival: arrival + 1 + index,
        sampler: new Sampler({ ...params, seed: fork.seed }, tokens),
      });
    return sequence;
  }

  readonly arrival: number;
  /** Seconds on the engine's clock when it was first scheduled. */
  scheduledAt: number | undefined;
  /** Prompt tokens that were found in the prefix cache when it was first admitted. */
  cachedTokens = 0;
  readonly draftHistory = new DraftHistory();
  private readonly waitingForks: Completion[] = [];
  private lookup: PromptLookup | undefined;

  private constructor(
    private completion: Completion,
    private readonly traits: Traits,
    private readonly tokens: number[],
    readonly cache: SequenceCache,
  ) {
    this.arrival = completion.arrival;
  }

  get id(): SequenceId {
    return this.completion.id;
  }

  /** Of its own completion and of those that wait for the prompt. */
  get ids(): SequenceId[] {
    return [this.id, ...this.waitingForks.map(({ id }) => id)];
  }

  get sampler(): Sampler {
    return this.completion.sampler;
  }

  get params(): SamplingParams {
    return this.traits.params;
  }

  get priority(): number {
    return this.traits.priority;
  }

  get deadline(): number | undefined {
    return this.traits.deadline;
  }

  get promptLength(): number {
    return this.traits.promptLength;
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
    return this.tokens.length - this.cache.computed;
  }

  /** Only its newest token is to be computed. */
  get isDecoding(): boolean {
    return this.pending === 1 && this.outputLength > 0;
  }

  /** Forks that wait for the prompt to be computed. */
  get forks(): readonly Completion[] {
    return this.waitingForks;
  }

  tokensFrom(start: number, count: number): number[] {
    return this.tokens.slice(start, start + count);
  }

  /** At most `count` tokens that may come next. */
  propose(count: number): readonly number[] {
    this.lookup ??= new PromptLookup(this.tokens);
    return this.lookup.propose(count);
  }

  /** Appends a sampled token. Returns why the sequence ends with it, if it does. */
  append(token: number): FinishReason | undefined {
    this.tokens.push(token);
    if (this.params.stopTokenIds.includes(token)) return "stop";
    return this.outputLength >= this.params.maxTokens ? "length" : undefined;
  }

  /** Gives up the cache but keeps the output: what cannot be found again will be computed again. */
  preempt(): void {
    this.cache.release();
  }

  /** Takes the forks away, since the prompt is computed. */
  takeForks(): Completion[] {
    return this.waitingForks.splice(0);
  }

  /** A sequence of the same tokens that shares all blocks. */
  fork(completion: Completion): Sequence {
    const tokens = [...this.tokens];
    const sequence = new Sequence(completion, this.traits, tokens, this.cache.fork(tokens));
    sequence.scheduledAt = this.scheduledAt;
    sequence.cachedTokens = this.cachedTokens;
    return sequence;
  }

  /**
   * Drops one of the completions that the prompt is computed for. Where it is the sequence's own, its first fork takes
   * its place.
   * @returns false where there is no fork that could
   */
  drop(id: SequenceId): boolean {
    const index = this.waitingForks.findIndex((fork) => fork.id === id);
    if (index >= 0) this.waitingForks.splice(index, 1);
    else {
      const heir = this.waitingForks.shift();
      if (!heir) return false;
      this.completion = heir;
    }
    return true;
  }
}

import type { BlockCopy } from "../kv/block-table";
import type { Sequence } from "./sequence";

/** Tokens of one sequence that a step computes: positions `start` to `start + count - 1`, then those of its draft. */
export type ScheduledTokens = Readonly<{
  sequence: Sequence;
  start: number;
  count: number;
  /** Tokens that may follow the last known one, to be verified. */
  draft: readonly number[];
  /** The step reaches the sequence's last known token, so its next one is sampled. */
  samples: boolean;
  /** The sequence only goes on with its newest token. */
  isDecode: boolean;
}>;

/** What one step computes. The blocks for it are reserved. */
export type SchedulerOutput = Readonly<{
  /** Blocks to copy before anything is computed, in this order. */
  copies: readonly BlockCopy[];
  /** Sequences that compute one token, in the order of the graph's rows. */
  decodes: readonly ScheduledTokens[];
  /** Sequences that compute several: a chunk of their prompt, or a token and its draft. */
  prefills: readonly ScheduledTokens[];
  /** Sequences that lost their blocks to make room. */
  preempted: number;
  /** Prompt tokens of sequences admitted for the first time: looked up in the prefix cache, and found. */
  prefixQueries: number;
  prefixHits: number;
}>;

/** A `SchedulerOutput` in the making. */
export class StepPlan implements SchedulerOutput {
  readonly copies: BlockCopy[] = [];
  decodes: ScheduledTokens[] = [];
  prefills: ScheduledTokens[] = [];
  preempted = 0;
  prefixQueries = 0;
  prefixHits = 0;

  /** Adds the sequence's next `count` tokens, for which it has room once the copies are made. */
  add(sequence: Sequence, count: number, copies: readonly BlockCopy[]): void {
    for (const copy of copies) this.copies.push(copy);
    (count === 1 ? this.decodes : this.prefills).push(this.scheduled(sequence, count));
  }

  /** Of prompts, in the order in which they were added. */
  chunks(): ScheduledTokens[] {
    return [...this.decodes, ...this.prefills].filter(({ isDecode }) => !isDecode);
  }

  /** Lets a prompt compute `count` tokens instead of fewer. */
  lengthen(sequence: Sequence, count: number): void {
    const isOther = (scheduled: ScheduledTokens) => scheduled.sequence !== sequence;
    this.decodes = this.decodes.filter(isOther);
    const at = this.prefills.findIndex((scheduled) => !isOther(scheduled));
    this.prefills.splice(at < 0 ? this.prefills.length : at, 1, this.scheduled(sequence, count));
  }

  /** Lets decodes of this plan verify drafts. */
  verify(drafts: ReadonlyMap<ScheduledTokens, readonly number[]>): void {
    this.decodes = this.decodes.filter((scheduled) => !drafts.has(scheduled));
    for (const [scheduled, draft] of drafts) this.prefills.push({ ...scheduled, draft });
  }

  private scheduled(sequence: Sequence, count: number): ScheduledTokens {
    const { isDecoding: isDecode, pending } = sequence;
    const start = sequence.cache.computed;
    return { sequence, start, count, draft: [], samples: count === pending, isDecode };
  }
}

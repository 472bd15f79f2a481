import type { BlockPool } from "../kv/block-pool";
import type { ScheduledTokens, SchedulerOutput } from "./scheduler-output";
import type { Sequence, SequenceId } from "./sequence";

export type SchedulerLimits = Readonly<{
  /** Sequences that run at the same time. */
  maxSequences: number;
  /** Tokens of one step. */
  maxBatchedTokens: number;
  /** Tokens of one sequence in one step. */
  prefillChunkTokens: number;
}>;

/** Share of the blocks that admission leaves free, so that a new sequence does not at once preempt another. */
const WATERMARK = 0.01;

/**
 * Decides what each step computes. There are no phases: every step has a token budget, from which sequences that
 * decode take one token each, then the running prompts a chunk each, then the waiting ones in the order of arrival.
 */
export class Scheduler {
  /** In the order of arrival. */
  private readonly running: Sequence[] = [];
  private readonly waiting: Sequence[] = [];
  private readonly watermark: number;

  constructor(
    private readonly pool: BlockPool,
    private readonly limits: SchedulerLimits,
  ) {
    this.watermark = Math.ceil(pool.size * WATERMARK);
  }

  get runningCount(): number {
    return this.running.length;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  add(sequence: Sequence): void {
    this.waiting.push(sequence);
  }

  /** Forgets a sequence, wherever it is, and frees its blocks. Unknown ids are those that ended by themselves. */
  remove(id: SequenceId): void {
    for (const list of [this.running, this.waiting]) {
      const index = list.findIndex((sequence) => sequence.id === id);
      if (index >= 0) list.splice(index, 1)[0].table.release();
    }
  }

  /** Plans a step and reserves its blocks. */
  schedule(): SchedulerOutput {
    const preempted = this.reserveForDecodes();
    const planned: ScheduledTokens[] = [];
    let budget = this.limits.maxBatchedTokens;
    const plan = (sequence: Sequence) => {
      const count = Math.min(sequence.pending, this.limits.prefillChunkTokens, budget);
      if (count === 0) return;
      budget -= count;
      planned.push({ sequence, start: sequence.computed, count, samples: count === sequence.pending });
    };
    for (const sequence of this.running) if (sequence.pending === 1) plan(sequence);
    for (const sequence of this.running) if (sequence.pending > 1) plan(sequence);
    if (preempted === 0) while (budget > 0 && this.admit()) plan(this.running[this.running.length - 1]);
    return {
      decodes: planned.filter(({ count }) => count === 1),
      prefills: planned.filter(({ count }) => count > 1),
      preempted,
    };
  }

  /**
   * Makes room for the next token of every running sequence. A prompt has its blocks since its admission. Where
   * blocks run out the sequence that arrived last gives up its own; it waits in front and is recomputed later.
   */
  private reserveForDecodes(): number {
    let preempted = 0;
    for (const sequence of [...this.running]) {
      while (this.running.includes(sequence) && !sequence.table.reserve(sequence.length)) {
        const victim = this.running.pop() as Sequence;
        victim.preempt();
        this.waiting.unshift(victim);
        preempted++;
      }
    }
    return preempted;
  }

  /** Moves the sequence that waits longest to the running ones, with blocks for all its known tokens. */
  private admit(): boolean {
    const candidate = this.waiting[0];
    if (!candidate || this.running.length >= this.limits.maxSequences) return false;
    const reserve = this.running.length > 0 ? this.watermark : 0;
    if (candidate.table.missingFor(candidate.length) + reserve > this.pool.freeBlocks) return false;
    candidate.table.reserve(candidate.length);
    this.running.push(this.waiting.shift() as Sequence);
    return true;
  }
}

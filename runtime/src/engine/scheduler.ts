import type { KvCache } from "../kv/sequence-cache";
import { IndexedHeap } from "./indexed-heap";
import { RunningSequences } from "./running-sequences";
import { type ScheduledTokens, type SchedulerOutput, StepPlan } from "./scheduler-output";
import { precedence, type SchedulingPolicy } from "./scheduling-policy";
import type { Sequence, SequenceId } from "./sequence";
import { Speculation } from "./speculation";
import { StepBudget } from "./step-budget";
import type { StepCost } from "./step-cost";
import { WaitingSequences } from "./waiting-sequences";

export type SchedulerLimits = Readonly<{
  /** Sequences that run at the same time. */
  maxSequences: number;
  /** Tokens of one step. */
  maxBatchedTokens: number;
  /** Tokens of one sequence in one step. */
  prefillChunkTokens: number;
  schedulingPolicy: SchedulingPolicy;
  /** How many times as long as without them prompts may make a step of sequences that decode. */
  maxDecodeSlowdown: number;
  /** Longest draft; 0 turns speculation off. */
  speculativeTokens: number;
}>;

/** Share of the blocks that admission leaves free, so that a new sequence does not at once preempt another. */
const WATERMARK = 0.01;

/**
 * Decides what each step computes. There are no phases: every step has a token budget, from which sequences that
 * decode take one token each, then the running prompts a chunk each, then the waiting ones in the order of the policy.
 * Blocks are reserved for the tokens of the step alone.
 */
export class Scheduler {
  private readonly running: RunningSequences;
  private readonly waiting: WaitingSequences;
  /** Running and waiting sequences by the ids of all their completions. */
  private readonly live = new Map<SequenceId, Sequence>();
  private readonly deadlines = new IndexedHeap<Sequence>(
    (one, other) => Number(one.deadline) < Number(other.deadline),
  );
  private readonly speculation: Speculation;
  private readonly watermark: number;
  private waitingForks = 0;

  constructor(
    private readonly kv: KvCache,
    private readonly limits: SchedulerLimits,
    private readonly cost: StepCost,
  ) {
    const precedes = precedence(limits.schedulingPolicy);
    this.running = new RunningSequences(precedes);
    this.waiting = new WaitingSequences(precedes);
    this.speculation = new Speculation(limits.speculativeTokens, cost);
    this.watermark = Math.ceil(kv.pool.size * WATERMARK);
  }

  get runningSequences(): Iterable<Sequence> {
    return this.running;
  }

  get runningCount(): number {
    return this.running.size;
  }

  /** Sequences that wait, and forks of prompts that are not computed yet. */
  get waitingCount(): number {
    return this.waiting.size + this.waitingForks;
  }

  /** Tokens that waiting sequences still have to compute. */
  get waitingTokens(): number {
    return this.waiting.tokens;
  }

  add(sequence: Sequence): void {
    this.register(sequence);
    this.waiting.add(sequence);
  }

  /** Takes in a fork of a running sequence, with the blocks that it shares. */
  addFork(fork: Sequence): void {
    this.register(fork);
    this.running.add(fork);
  }

  /** Where more sequences run than may, this one gives up its blocks and waits for a place. */
  yieldPlace(sequence: Sequence): void {
    if (this.running.size <= this.limits.maxSequences || !this.running.remove(sequence)) return;
    sequence.preempt();
    this.waiting.add(sequence);
  }

  /**
   * Ends one completion. Its sequence goes on where it computes the prompt for others; unknown ids are those that ended
   * by themselves.
   */
  abort(id: SequenceId): void {
    const sequence = this.live.get(id);
    if (!sequence) return;
    if (!sequence.drop(id)) this.remove(sequence);
    else {
      this.live.delete(id);
      this.waitingForks--;
    }
  }

  /** Forgets a sequence and the forks that wait for it, and releases its blocks. */
  remove(sequence: Sequence): void {
    if (this.live.get(sequence.id) !== sequence) return;
    this.live.delete(sequence.id);
    this.releaseForks(sequence);
    this.deadlines.remove(sequence);
    if (!this.running.remove(sequence)) this.waiting.remove(sequence);
    sequence.cache.release();
  }

  /** The forks of the sequence wait no longer. */
  releaseForks(sequence: Sequence): void {
    for (const { id } of sequence.takeForks()) {
      this.live.delete(id);
      this.waitingForks--;
    }
  }

  /** Removes the sequences whose deadline is not after this time. Returns the ids of their completions. */
  expire(now: number): SequenceId[] {
    const ids: SequenceId[] = [];
    for (
      let sequence = this.deadlines.first;
      sequence && Number(sequence.deadline) <= now;
      sequence = this.deadlines.first
    ) {
      ids.push(...sequence.ids);
      this.remove(sequence);
    }
    return ids;
  }

  /** Plans a step and reserves its blocks. */
  schedule(): SchedulerOutput {
    const plan = new StepPlan();
    const places = this.limits.maxSequences - this.running.size;
    const admissible = Math.min(this.waiting.size, places);
    const budget = new StepBudget(this.limits, this.cost, this.running, admissible);
    this.continueRunning(plan, budget);
    if (plan.preempted === 0) this.admitWaiting(plan, budget);
    this.lengthenChunks(plan, budget);
    // In attention a draft would be padded to the length of the longest chunk.
    if (plan.prefills.length === 0) this.speculate(plan, budget.tokensLeft);
    return plan;
  }

  private register(sequence: Sequence): void {
    this.live.set(sequence.id, sequence);
    for (const { id } of sequence.forks) this.live.set(id, sequence);
    this.waitingForks += sequence.forks.length;
    if (sequence.deadline !== undefined) this.deadlines.add(sequence);
  }

  /** Victims are taken from the end of the order, so that none of them is in the plan yet. */
  private continueRunning(plan: StepPlan, budget: StepBudget): void {
    for (let index = 0; index < this.running.size; index++) {
      const sequence = this.running.at(index);
      const { isDecoding } = sequence;
      const granted = isDecoding ? 1 : budget.grant(sequence, sequence.pending);
      const count = granted === 0 ? 0 : this.makeRoom(sequence, granted, plan);
      if (count === 0) continue;
      const copies = sequence.cache.reserve(sequence.cache.computed + count) ?? [];
      plan.add(sequence, count, copies);
      if (!isDecoding) budget.spend(count);
    }
  }

  /**
   * Sees to it that there are blocks for at least one more token of the sequence. Where they run out the running
   * sequence that all others precede gives up its own; it waits in front and is recomputed later.
   * @returns for how many of `tokens` there are; 0 where the sequence itself had to give up
   */
  private makeRoom(sequence: Sequence, tokens: number, plan: StepPlan): number {
    const { cache } = sequence;
    for (;;) {
      const room = cache.roomWith(this.kv.pool.freeBlocks) - cache.computed;
      if (room > 0) return Math.min(room, tokens);
      const victim = this.running.last as Sequence;
      this.running.remove(victim);
      victim.preempt();
      this.waiting.add(victim);
      plan.preempted++;
      if (victim === sequence) return 0;
    }
  }

  /**
   * Admits sequences while there are blocks for all their known tokens beside what running prompts still lack: two long
   * prompts that were admitted for their first chunk alone would take each other's blocks again and again.
   */
  private admitWaiting(plan: StepPlan, budget: StepBudget): void {
    let promised: number | undefined;
    for (
      let sequence = this.waiting.first;
      sequence && budget.tokensLeft > 0 && this.running.size < this.limits.maxSequences;
      sequence = this.waiting.first
    ) {
      const found = sequence.cache.find();
      const foundTokens = found.blocks.length * this.kv.blockSize + (found.tail?.tokens ?? 0);
      const count = budget.grant(sequence, sequence.length - foundTokens);
      promised ??= this.promisedBlocks();
      const kept = this.running.size > 0 ? this.watermark + promised : 0;
      if (count === 0 || sequence.cache.missingWith(found) + kept > this.kv.pool.freeBlocks) return;
      this.waiting.remove(sequence);
      const copies = sequence.cache.adopt(found, count);
      this.running.add(sequence);
      plan.add(sequence, count, copies);
      budget.spend(count);
      promised += sequence.cache.missingFor(sequence.length);
      this.countPrefix(plan, sequence, foundTokens);
    }
  }

  /** Gives prompts what the others left, as far as blocks are free: no sequence loses its own for a longer chunk. */
  private lengthenChunks(plan: StepPlan, budget: StepBudget): void {
    for (const { sequence, count } of plan.chunks()) {
      const { cache } = sequence;
      const room = cache.roomWith(this.kv.pool.freeBlocks) - cache.computed - count;
      const more = Math.min(room, budget.grantMore(sequence, sequence.pending, count));
      if (more <= 0) continue;
      cache.reserve(cache.computed + count + more);
      plan.lengthen(sequence, count + more);
      budget.spend(more);
    }
  }

  /** Blocks that running sequences lack for the tokens that they know. */
  private promisedBlocks(): number {
    let blocks = 0;
    for (const sequence of this.running) blocks += sequence.cache.missingFor(sequence.length);
    return blocks;
  }

  /** After a preemption a sequence finds its own blocks, which says nothing of the cache's use. */
  private countPrefix(plan: StepPlan, sequence: Sequence, foundTokens: number): void {
    if (sequence.scheduledAt !== undefined || !this.kv.prefixes) return;
    sequence.cachedTokens = foundTokens;
    plan.prefixQueries += sequence.promptLength;
    plan.prefixHits += foundTokens;
  }

  /** Lets sequences verify drafts where that pays and blocks are free: no sequence loses its own for a draft. */
  private speculate(plan: StepPlan, tokensLeft: number): void {
    const gain = this.speculation.gain(plan.decodes.length);
    if (gain === 0) return;
    const drafts = new Map<ScheduledTokens, readonly number[]>();
    let left = tokensLeft;
    for (const scheduled of plan.decodes) {
      if (!scheduled.isDecode) continue;
      const { sequence } = scheduled;
      const { cache } = sequence;
      const room = cache.roomWith(this.kv.pool.freeBlocks) - sequence.length;
      const draft = this.speculation.draft(sequence, gain, Math.min(left, room));
      if (draft.length === 0) continue;
      cache.reserve(sequence.length + draft.length);
      drafts.set(scheduled, draft);
      left -= draft.length;
    }
    if (drafts.size > 0) plan.verify(drafts);
  }
}

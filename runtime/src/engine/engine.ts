import { BlockPool } from "../kv/block-pool";
import { PrefixCache } from "../kv/prefix-cache";
import type { KvCache } from "../kv/sequence-cache";
import type { BatchEntry, StepBatch, StepResult } from "../model/step-batch";
import { monotonicSeconds } from "./clock";
import type { EnginePlan } from "./engine-plan";
import type { EngineStats, SequenceOutput, SequenceRequest, StepReport } from "./protocol";
import { Scheduler } from "./scheduler";
import type { ScheduledTokens, SchedulerOutput } from "./scheduler-output";
import { Sequence, type SequenceId } from "./sequence";
import { StepCommit } from "./step-commit";
import { StepCost, type StepWork } from "./step-cost";

/** What the engine needs of a model: a `ModelRunner`, or a stand-in for it in tests. */
export interface StepRunner {
  run(batch: StepBatch): Promise<StepResult>;
}

export type EngineSettings = Pick<EnginePlan, "blocks" | "blockSize" | "prefixCaching" | "limits">;

/** Turns waiting sequences into tokens, step by step. Knows nothing of threads, text or HTTP. */
export class Engine {
  readonly pool: BlockPool;
  private readonly kv: KvCache;
  private readonly scheduler: Scheduler;
  private readonly cost = new StepCost();
  private steps = 0;
  private arrivals = 0;
  /** Completions to end when the present step is over; absent between steps. */
  private abortedWithin: Set<SequenceId> | undefined;

  /** @param now seconds on a clock that never goes back */
  constructor(
    private readonly runner: StepRunner,
    { blocks, blockSize, prefixCaching, limits }: EngineSettings,
    private readonly now: () => number = monotonicSeconds,
  ) {
    this.pool = new BlockPool(blocks);
    const prefixes = prefixCaching ? new PrefixCache(this.pool, blockSize) : undefined;
    this.kv = { pool: this.pool, blockSize, prefixes };
    this.scheduler = new Scheduler(this.kv, limits, this.cost);
  }

  get isIdle(): boolean {
    return this.scheduler.runningCount + this.scheduler.waitingCount === 0;
  }

  add(request: SequenceRequest): void {
    this.scheduler.add(Sequence.of(request, this.arrivals, this.kv));
    this.arrivals += 1 + request.forks.length;
  }

  /** Ends a completion early: at once, or after the present step, which still uses its blocks. */
  abort(id: SequenceId): void {
    if (this.abortedWithin) this.abortedWithin.add(id);
    else this.scheduler.abort(id);
  }

  /** Schedule, run, commit. A step whose run throws commits nothing, and its sequences end with the error. */
  async step(): Promise<StepReport> {
    const startedAt = this.now();
    const expired = this.scheduler.expire(startedAt);
    const plan = this.scheduler.schedule();
    const scheduled = [...plan.decodes, ...plan.prefills];
    for (const { sequence } of scheduled) sequence.scheduledAt ??= startedAt;
    const commit = new StepCommit(this.scheduler);
    const aborted = new Set<SequenceId>();
    this.abortedWithin = aborted;
    let result: StepResult | undefined;
    try {
      if (scheduled.length > 0) result = await this.runner.run(batchOf(plan, this.pool.takeDamaged()));
    } catch (cause) {
      commit.fail(scheduled, cause as Error);
    }
    if (result) commit.commit(scheduled, result.scores);
    this.abortedWithin = undefined;
    for (const id of aborted) this.scheduler.abort(id);
    const work = workOf(scheduled);
    const runSeconds = result?.sessionSeconds ?? 0;
    const seconds = this.now() - startedAt;
    if (result) this.cost.observe(work, seconds);
    return {
      outputs: [...expired.map(expiredOutput), ...commit.outputs].filter(({ id }) => !aborted.has(id)),
      step: ++this.steps,
      tokens: work.decodes + work.prefillTokens + work.draftTokens,
      prefillTokens: work.prefillTokens,
      sequences: scheduled.length,
      cachedTokensRead: scheduled.reduce((sum, { start }) => sum + start, 0),
      preempted: plan.preempted,
      prefixQueries: plan.prefixQueries,
      prefixHits: plan.prefixHits,
      drafts: scheduled.reduce((sum, { draft }) => sum + Math.sign(draft.length), 0),
      draftedTokens: work.draftTokens,
      acceptedTokens: commit.acceptedTokens,
      runSeconds,
      outsideSeconds: seconds - runSeconds,
      stats: this.stats(),
    };
  }

  stats(): EngineStats {
    return {
      running: this.scheduler.runningCount,
      waiting: this.scheduler.waitingCount,
      waitingTokens: this.scheduler.waitingTokens,
      usedBlocks: this.pool.usedBlocks,
      cachedBlocks: this.pool.cachedBlocks,
      unusedSlots: this.unusedSlots(),
    };
  }

  /** Only last blocks have any; one that forks share counts once, and is as full as the one that filled it most says. */
  private unusedSlots(): number {
    const shared = new Map<number, number>();
    let slots = 0;
    for (const { cache } of this.scheduler.runningSequences) {
      const unused = cache.blocks.length * this.kv.blockSize - cache.computed;
      const last = cache.blocks[cache.blocks.length - 1];
      if (!this.pool.isShared(last)) slots += unused;
      else shared.set(last, Math.min(unused, shared.get(last) ?? unused));
    }
    for (const unused of shared.values()) slots += unused;
    return slots;
  }
}

function batchOf({ copies, decodes, prefills }: SchedulerOutput, clears: readonly number[]): StepBatch {
  return { clears, copies, decodes: decodes.map(batchEntry), prefills: prefills.map(batchEntry) };
}

function batchEntry({ sequence, start, count, draft, samples }: ScheduledTokens): BatchEntry {
  const tokenIds = sequence.tokensFrom(start, count);
  for (const token of draft) tokenIds.push(token);
  return {
    tokenIds,
    start,
    blocks: sequence.cache.blocks,
    scoredRows: samples ? 1 + draft.length : 0,
    scores: sequence.sampler.wants,
  };
}

function workOf(scheduled: readonly ScheduledTokens[]): StepWork {
  let decodes = 0;
  let prefillTokens = 0;
  let draftTokens = 0;
  for (const { isDecode, count, draft } of scheduled) {
    if (isDecode) decodes++;
    else prefillTokens += count;
    draftTokens += draft.length;
  }
  return { decodes, prefillTokens, draftTokens };
}

function expiredOutput(id: SequenceId): SequenceOutput {
  return { id, error: "the deadline passed before the completion was finished", code: "deadline_exceeded" };
}

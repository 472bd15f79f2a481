import type { BlockPool } from "../kv/block-pool";
import { BlockTable } from "../kv/block-table";
import type { BatchEntry, StepBatch, StepResult, StepScores } from "../model/step-batch";
import type { SampledToken } from "../sampling/token-scores";
import { monotonicSeconds } from "./clock";
import type { EngineStats, SequenceOutput, SequenceRequest, StepReport } from "./protocol";
import type { Scheduler } from "./scheduler";
import type { ScheduledTokens } from "./scheduler-output";
import { Sequence, type SequenceId } from "./sequence";

/** What the engine needs of a model: a `ModelRunner`, or a stand-in for it in tests. */
export interface StepRunner {
  run(batch: StepBatch): Promise<StepResult>;
}

/** Turns waiting sequences into tokens, step by step. Knows nothing of threads, text or HTTP. */
export class Engine {
  private steps = 0;

  constructor(
    private readonly runner: StepRunner,
    private readonly scheduler: Scheduler,
    private readonly pool: BlockPool,
    private readonly blockSize: number,
  ) {}

  get isIdle(): boolean {
    return this.scheduler.runningCount + this.scheduler.waitingCount === 0;
  }

  add({ id, promptTokenIds, params }: SequenceRequest): void {
    this.scheduler.add(new Sequence(id, promptTokenIds, params, new BlockTable(this.pool, this.blockSize)));
  }

  /** Ends a sequence early and frees its blocks. */
  abort(id: SequenceId): void {
    this.scheduler.remove(id);
  }

  /** Schedule, run, commit. A step whose run throws commits nothing, and its sequences end with the error. */
  async step(): Promise<StepReport> {
    const plan = this.scheduler.schedule();
    const scheduled = [...plan.decodes, ...plan.prefills];
    const now = monotonicSeconds();
    for (const { sequence } of scheduled) sequence.scheduledAt ??= now;
    let outputs: SequenceOutput[];
    let runSeconds = 0;
    try {
      const { scores, sessionSeconds } = await this.runner.run({
        copies: [],
        decodes: plan.decodes.map(batchEntry),
        prefills: plan.prefills.map(batchEntry),
      });
      runSeconds = sessionSeconds;
      outputs = this.commit(scheduled, scores);
    } catch (cause) {
      outputs = scheduled.map(({ sequence }) => this.fail(sequence, cause as Error));
    }
    return {
      outputs,
      step: ++this.steps,
      tokens: scheduled.reduce((sum, { count }) => sum + count, 0),
      prefillTokens: plan.prefills.reduce((sum, { count }) => sum + count, 0),
      sequences: scheduled.length,
      cachedTokensRead: scheduled.reduce((sum, { start }) => sum + start, 0),
      preempted: plan.preempted,
      prefixQueries: 0,
      prefixHits: 0,
      drafts: 0,
      draftedTokens: 0,
      acceptedTokens: 0,
      runSeconds,
      outsideSeconds: monotonicSeconds() - now - runSeconds,
      stats: this.stats(),
    };
  }

  stats(): EngineStats {
    return {
      running: this.scheduler.runningCount,
      waiting: this.scheduler.waitingCount,
      waitingTokens: 0,
      usedBlocks: this.pool.usedBlocks,
      cachedBlocks: 0,
      unusedSlots: 0,
    };
  }

  private commit(scheduled: readonly ScheduledTokens[], scores: StepScores): SequenceOutput[] {
    for (const { sequence, start, count } of scheduled) sequence.computed = start + count;
    return scheduled.flatMap(({ sequence }, index) => {
      try {
        const [row] = scores[index];
        const token = row && sequence.sampler.choose(row);
        return token ? [this.advance(sequence, token)] : [];
      } catch (cause) {
        return [this.fail(sequence, cause as Error)];
      }
    });
  }

  private advance(sequence: Sequence, token: SampledToken): SequenceOutput {
    const finishReason = sequence.append(token.tokenId);
    if (finishReason) this.scheduler.remove(sequence.id);
    const { id, scheduledAt = 0 } = sequence;
    return { id, tokens: [token], finishReason, scheduledAt, cachedTokens: 0 };
  }

  private fail(sequence: Sequence, cause: Error): SequenceOutput {
    this.scheduler.remove(sequence.id);
    return { id: sequence.id, error: cause.message, code: "engine_error" };
  }
}

function batchEntry({ sequence, start, count, samples }: ScheduledTokens): BatchEntry {
  return {
    tokenIds: sequence.tokensFrom(start, count),
    start,
    blocks: sequence.table.blocks,
    scoredRows: samples ? 1 : 0,
    scores: sequence.sampler.wants,
  };
}

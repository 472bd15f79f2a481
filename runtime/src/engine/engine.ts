import type { BlockPool } from "../kv/block-pool";
import { BlockTable } from "../kv/block-table";
import type { BatchEntry, SampleRows, StepBatch } from "../model/step-batch";
import { monotonicSeconds } from "./clock";
import type { EngineStats, SequenceOutput, SequenceRequest, StepReport } from "./protocol";
import type { Scheduler } from "./scheduler";
import type { ScheduledTokens } from "./scheduler-output";
import { Sequence, type SequenceId } from "./sequence";

/** What the engine needs of a model: a `ModelRunner`, or a stand-in for it in tests. */
export interface StepRunner {
  run(batch: StepBatch): Promise<SampleRows>;
}

/** Turns waiting sequences into tokens, step by step. Knows nothing of threads, text or HTTP. */
export class Engine {
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
    const sampling = scheduled.filter(({ samples }) => samples);
    let outputs: SequenceOutput[];
    try {
      const rows = await this.runner.run({
        decodes: plan.decodes.map(batchEntry),
        prefills: plan.prefills.map(batchEntry),
        wantLogits: sampling.some(({ sequence }) => !sequence.sampler.isGreedy),
      });
      outputs = this.commit(scheduled, sampling, rows);
    } catch (cause) {
      outputs = scheduled.map(({ sequence }) => this.fail(sequence, cause as Error));
    }
    return {
      outputs,
      tokens: scheduled.reduce((sum, { count }) => sum + count, 0),
      preempted: plan.preempted,
      stats: this.stats(),
    };
  }

  stats(): EngineStats {
    return {
      running: this.scheduler.runningCount,
      waiting: this.scheduler.waitingCount,
      usedBlocks: this.pool.usedBlocks,
    };
  }

  private commit(
    scheduled: readonly ScheduledTokens[],
    sampling: readonly ScheduledTokens[],
    rows: SampleRows,
  ): SequenceOutput[] {
    for (const { sequence, start, count } of scheduled) sequence.computed = start + count;
    return sampling.map(({ sequence }, row) => {
      try {
        return this.advance(sequence, choose(sequence, rows, row));
      } catch (cause) {
        return this.fail(sequence, cause as Error);
      }
    });
  }

  private advance(sequence: Sequence, tokenId: number): SequenceOutput {
    const finishReason = sequence.append(tokenId);
    if (finishReason) this.scheduler.remove(sequence.id);
    return { id: sequence.id, tokenId, finishReason, scheduledAt: sequence.scheduledAt as number };
  }

  private fail(sequence: Sequence, cause: Error): SequenceOutput {
    this.scheduler.remove(sequence.id);
    return { id: sequence.id, error: cause.message };
  }
}

function choose({ sampler }: Sequence, { greedyIds, logits }: SampleRows, row: number): number {
  if (sampler.isGreedy) return Number(greedyIds[row]);
  if (!logits) throw new Error("invariant: a sequence samples and the step brought no logits");
  return sampler.sample(logits[row]);
}

function batchEntry({ sequence, start, count, samples }: ScheduledTokens): BatchEntry {
  return { tokenIds: sequence.tokensFrom(start, count), start, blocks: sequence.table.blocks, samples };
}

import { setImmediate as letSignalsIn, setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { CheckpointSchedule } from "./checkpoint-schedule";
import type { CheckpointStore } from "./checkpoint-store";
import type { JobConfig } from "./config";
import { TrainingError } from "./errors";
import type { Preemption } from "./preemption";
import type { TrainingRun } from "./training-run";

/** Writes in a row that may fail: beyond them training on would only be work to lose. */
const FAILED_WRITES_MAX = 3;
const RETRY_MS = 1000;

export type TrainingJob = Readonly<{
  config: JobConfig;
  run: TrainingRun;
  store: CheckpointStore;
  preemption: Preemption;
  log: Logger;
}>;

/** Trains from the last checkpoint to the last step, or until preempted. */
export async function train(job: TrainingJob): Promise<"finished" | "preempted"> {
  const { config, run, store, preemption, log } = job;
  const { steps, batchSize, checkpointSteps } = config.trainer;

  const result = await store.finished();
  if (result && result.step >= steps) {
    log.info({ step: result.step }, "finished before; nothing to do");
    return "finished";
  }
  const last = await store.resume();
  if (last) run.restore(last);
  log.info({ step: run.step, steps }, last ? "resumed" : "started");

  const schedule = new CheckpointSchedule({
    everySeconds: config.checkpoint.everySeconds,
    everySteps: checkpointSteps,
    step: run.step,
  });
  const saver = new Saver(job, schedule);
  let windowStart = { step: run.step, ms: performance.now() };

  while (run.step < steps && preemption.signal === undefined) {
    const report = run.advance();
    if (report) {
      const ms = performance.now();
      const seconds = (ms - windowStart.ms) / 1000;
      const tokensPerSecond = Math.round(((run.step - windowStart.step) * batchSize) / seconds);
      log.info(
        { step: run.step, loss: rounded(report.loss), bestLoss: rounded(run.bestLoss), tokensPerSecond },
        "trained",
      );
      windowStart = { step: run.step, ms };
    }
    if (schedule.isDue(run.step)) await saver.save();
    await letSignalsIn();
  }

  if (run.step < steps) {
    await saver.saveInTime();
    return "preempted";
  }
  await saver.saveAtLast();
  await store.finish(run.step, run.result());
  log.info({ step: run.step, bestLoss: rounded(run.bestLoss) }, "finished");
  return "finished";
}

/** Writes checkpoints, and says what came of it. */
class Saver {
  #failedInRow = 0;

  constructor(
    private readonly job: TrainingJob,
    private readonly schedule: CheckpointSchedule,
  ) {}

  /** Saves the run as it is. A write that fails costs nothing but time: the generations before it are untouched. */
  async save(): Promise<void> {
    const { run, store, log } = this.job;
    const { step } = run;
    try {
      const { bytes, milliseconds } = await store.save(step, run.checkpoint());
      this.#failedInRow = 0;
      this.schedule.saved(step, milliseconds);
      log.info({ step, bytes, milliseconds }, "checkpoint written");
    } catch (cause) {
      if (cause instanceof TrainingError) throw cause;
      this.#failedInRow++;
      this.schedule.failed(step);
      log.error(
        { step, err: cause, failedInRow: this.#failedInRow },
        "checkpoint not written; the last one stands",
      );
      if (this.#failedInRow >= FAILED_WRITES_MAX)
        throw new TrainingError(
          "checkpoint_not_written",
          `${this.#failedInRow} checkpoints in a row failed`,
          {
            cause,
          },
        );
    }
  }

  /** Saves unless it would not end before the process is killed. */
  async saveInTime(): Promise<void> {
    const { run, preemption, log } = this.job;
    const { signal } = preemption;
    const remainingMs = Math.round(preemption.remainingMs);
    if (!this.schedule.isSaved(run.step)) {
      if (this.schedule.fits(remainingMs)) await this.save();
      else log.warn({ step: run.step, remainingMs }, "no time for a checkpoint; the last one stands");
    }
    log.warn({ step: run.step, signal }, "preempted; started again, it resumes");
  }

  /** Saves the last step, which nothing comes after that could retry. */
  async saveAtLast(): Promise<void> {
    const { run } = this.job;
    while (!this.schedule.isSaved(run.step)) {
      if (this.#failedInRow > 0) await sleep(RETRY_MS);
      await this.save();
    }
  }
}

/** A loss for people; the run's own keeps every digit. */
function rounded(loss: number | undefined): number | undefined {
  return loss === undefined ? undefined : Number(loss.toFixed(4));
}

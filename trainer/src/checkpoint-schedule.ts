/** A retry comes sooner than the next checkpoint would, yet leaves what is wrong with the disk some time to pass. */
const RETRY_SECONDS_MAX = 10;

/** How many times as long as the last write the next one may take. */
const WRITE_TIME_MARGIN = 1.5;

export type CheckpointScheduleOptions = Readonly<{
  everySeconds: number;
  /** Steps that decide in place of time. */
  everySteps?: number;
  /** Where the run begins: nothing is due before it has gone on from there. */
  step: number;
  /** Milliseconds. */
  now?: () => number;
}>;

/** When the next checkpoint is due, and whether one more can be written before the process is killed. */
export class CheckpointSchedule {
  readonly #options: CheckpointScheduleOptions;
  readonly #now: () => number;
  #lastSavedStep: number;
  #lastTriedStep: number;
  #dueMs: number;
  #lastWriteMs = 0;

  constructor(options: CheckpointScheduleOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#lastSavedStep = options.step;
    this.#lastTriedStep = options.step;
    this.#dueMs = this.#now() + options.everySeconds * 1000;
  }

  isDue(step: number): boolean {
    const { everySteps } = this.#options;
    if (everySteps !== undefined) return step - this.#lastTriedStep >= everySteps;
    return this.#now() >= this.#dueMs;
  }

  isSaved(step: number): boolean {
    return step === this.#lastSavedStep;
  }

  /** Whether a write that takes somewhat longer than the last one ends in time. */
  fits(remainingMs: number): boolean {
    return this.#lastWriteMs * WRITE_TIME_MARGIN <= remainingMs;
  }

  saved(step: number, writeMs: number): void {
    this.#lastSavedStep = step;
    this.#lastTriedStep = step;
    this.#lastWriteMs = writeMs;
    this.#dueMs = this.#now() + this.#options.everySeconds * 1000;
  }

  failed(step: number): void {
    this.#lastTriedStep = step;
    this.#dueMs = this.#now() + Math.min(this.#options.everySeconds, RETRY_SECONDS_MAX) * 1000;
  }
}

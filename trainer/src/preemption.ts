/** Whether the process was told to stop, and how long it has left. */
export class Preemption {
  #signal: string | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  constructor(
    readonly graceSeconds: number,
    /** Milliseconds. */
    readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes SIGTERM and SIGINT as a preemption; what calls them a second time changes nothing. */
  static ofProcess(graceSeconds: number): Preemption {
    const preemption = new Preemption(graceSeconds);
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => preemption.request(signal));
    return preemption;
  }

  request(signal: string): void {
    if (this.#signal !== undefined) return;
    this.#signal = signal;
    this.#atMs = this.now();
  }

  /** The signal that came first. */
  get signal(): string | undefined {
    return this.#signal;
  }

  get remainingMs(): number {
    return this.#atMs + this.graceSeconds * 1000 - this.now();
  }
}

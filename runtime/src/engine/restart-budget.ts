import { monotonicSeconds } from "./clock";

export type RestartLimits = Readonly<{
  /** Restarts within the window; a thread that dies more often is not helped by yet another one. */
  restartsMax: number;
  windowSeconds: number;
  /** Wait before the first restart; each further one doubles it. */
  delayMs: number;
  delayMsMax: number;
}>;

export const RESTART_LIMITS: RestartLimits = {
  restartsMax: 5,
  windowSeconds: 600,
  delayMs: 500,
  delayMsMax: 30_000,
};

/** How often the engine's thread may be started again, and after which wait. */
export class RestartBudget {
  /** When each counted restart was, in seconds. */
  private restarts: number[] = [];
  private brokenLoads = 0;

  constructor(
    private readonly limits: RestartLimits,
    private readonly now: () => number = monotonicSeconds,
  ) {}

  /** Milliseconds to wait after the thread died, or undefined where it died too often. */
  afterDeath(): number | undefined {
    const now = this.now();
    this.restarts = this.restarts.filter((at) => now - at < this.limits.windowSeconds);
    if (this.restarts.length >= this.limits.restartsMax) return undefined;
    this.restarts.push(now);
    return this.delay(this.restarts.length);
  }

  /**
   * Milliseconds to wait after the model's files were found broken. There is no bound: another process would find the
   * same files, while this one serves again as soon as they are repaired.
   */
  afterBrokenFiles(): number {
    return this.delay(++this.brokenLoads);
  }

  /** The model was loaded. */
  loaded(): void {
    this.brokenLoads = 0;
  }

  private delay(attempt: number): number {
    return Math.min(this.limits.delayMs * 2 ** (attempt - 1), this.limits.delayMsMax);
  }
}

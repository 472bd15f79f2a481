import { monotonicSeconds } from "./clock";
import type { EngineObserver } from "./engine-observer";
import type { StepReport } from "./protocol";

/** A step's figures without its tokens. */
export type StepSample = Omit<StepReport, "outputs"> & Readonly<{ endedAt: number }>;

/** Steps that computed fewer tokens say nothing of how fast tokens can be computed: reading the weights bounds them. */
const WIDE_STEP_TOKENS = 32;

/** The steps of the last while, and the fastest ones ever seen. */
export class StepWindow implements EngineObserver {
  private steps: StepSample[] = [];
  private fastest = 0;

  /**
   * @param seconds how long a step is remembered
   * @param stepsMax how many at most
   */
  constructor(
    private readonly seconds = 30,
    private readonly stepsMax = 4_096,
    private readonly now: () => number = monotonicSeconds,
  ) {}

  stepped({ outputs, ...figures }: StepReport): void {
    this.steps.push({ ...figures, endedAt: this.now() });
    // Not at each step, since it copies what remains.
    if (this.steps.length >= 2 * this.stepsMax) this.steps = this.recent();
    const { tokens, runSeconds } = figures;
    if (tokens >= WIDE_STEP_TOKENS && runSeconds > 0)
      this.fastest = Math.max(this.fastest, tokens / runSeconds);
  }

  /** Oldest first. */
  recent(): StepSample[] {
    const since = this.now() - this.seconds;
    return this.steps.slice(-this.stepsMax).filter(({ endedAt }) => endedAt >= since);
  }

  /** Seconds that these steps span until now, with the time between them. */
  spanOf(steps: readonly StepSample[]): number {
    if (steps.length === 0) return 0;
    const [{ endedAt, runSeconds, outsideSeconds }] = steps;
    return this.now() - (endedAt - runSeconds - outsideSeconds);
  }

  /** Tokens per second of the fastest step with many tokens, which computing bounds; undefined where there was none. */
  get bestTokensPerSecond(): number | undefined {
    return this.fastest || undefined;
  }
}

import { RuntimeError } from "../errors";
import type { SampledToken } from "../sampling/token-scores";
import { monotonicSeconds } from "./clock";
import type { SequenceOutput } from "./protocol";
import type { FinishReason } from "./sequence";

export type GeneratedToken = SampledToken & Readonly<{ finishReason?: FinishReason }>;

/** How a generation ended: by itself, by its client's leaving, or by an error. */
export type Ending = FinishReason | "abort" | "error";

/** The tokens of one sequence as they arrive. Iterate once; leaving the loop early aborts the sequence. */
export class Generation implements AsyncIterable<GeneratedToken> {
  /** Seconds on the process's monotonic clock. */
  scheduledAt: number | undefined;
  /** When each token arrived, in seconds on the process's monotonic clock. */
  readonly tokenTimes: number[] = [];
  endedAt: number | undefined;
  private ending: Ending | undefined;
  private cause: Error | undefined;
  private readonly arrived: GeneratedToken[] = [];
  private wake = () => {};

  constructor(
    readonly arrivedAt: number,
    readonly promptTokenIds: readonly number[],
    private readonly tellEngine: () => void,
  ) {}

  get endedBy(): Ending | undefined {
    return this.ending;
  }

  get hasEnded(): boolean {
    return this.ending !== undefined;
  }

  deliver(output: SequenceOutput): void {
    if (this.hasEnded) return;
    if ("error" in output) {
      this.fail(
        new RuntimeError(
          "engine_error",
          "the engine failed with this request in its batch; its log says why",
        ),
      );
      return;
    }
    this.scheduledAt = output.scheduledAt;
    const { tokens, finishReason } = output;
    const now = monotonicSeconds();
    for (const [index, token] of tokens.entries()) {
      this.tokenTimes.push(now);
      this.arrived.push(index === tokens.length - 1 ? { ...token, finishReason } : token);
    }
    if (finishReason) this.endWith(finishReason);
    this.wake();
  }

  fail(cause: Error): void {
    if (this.hasEnded) return;
    this.cause = cause;
    this.endWith("error");
    this.wake();
  }

  /**
   * Ends the sequence before its time; the engine frees its blocks at its next step.
   * @param ending "stop" where the client has all it asked for
   */
  abort(ending: "abort" | "stop" = "abort"): void {
    if (this.hasEnded) return;
    this.endWith(ending);
    this.tellEngine();
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GeneratedToken> {
    try {
      for (;;) {
        for (const token of this.arrived.splice(0)) yield token;
        if (this.arrived.length > 0) continue;
        if (this.cause) throw this.cause;
        if (this.hasEnded) return;
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      this.abort();
    }
  }

  private endWith(ending: Ending): void {
    this.ending = ending;
    this.endedAt = monotonicSeconds();
  }
}

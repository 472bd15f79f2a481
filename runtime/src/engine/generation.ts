import { RuntimeError } from "../errors";
import type { SampledToken } from "../sampling/token-scores";
import { monotonicSeconds } from "./clock";
import type { SequenceOutput } from "./protocol";
import type { FinishReason } from "./sequence";
import { Siblings } from "./siblings";

export type GeneratedToken = SampledToken & Readonly<{ finishReason?: FinishReason }>;

/** How a generation ended: by itself, by its client's leaving, or by an error. */
export type Ending = FinishReason | "abort" | "error";

/** The tokens of one sequence as they arrive. Iterate once; leaving the loop early aborts the sequence. */
export class Generation implements AsyncIterable<GeneratedToken> {
  /** Times are seconds on the process's monotonic clock. */
  scheduledAt: number | undefined;
  /** When the first tokens and the latest ones arrived. */
  firstTokenAt: number | undefined;
  lastTokenAt: number | undefined;
  endedAt: number | undefined;
  /** Tokens that arrived. */
  tokens = 0;
  /** Tokens of the prompt that were found in the prefix cache. */
  cachedTokens = 0;
  private ending: Ending | undefined;
  private cause: Error | undefined;
  private readonly arrived: GeneratedToken[] = [];
  private wake = () => {};

  constructor(
    readonly arrivedAt: number,
    readonly promptTokenIds: readonly number[],
    private readonly tellEngine: () => void,
    readonly siblings = new Siblings(1),
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
      this.fail(errorOf(output.code));
      return;
    }
    const { tokens, finishReason, scheduledAt, cachedTokens } = output;
    this.scheduledAt = scheduledAt;
    this.cachedTokens = cachedTokens;
    this.lastTokenAt = monotonicSeconds();
    this.firstTokenAt ??= this.lastTokenAt;
    this.tokens += tokens.length;
    this.arrived.push(...tokens);
    if (finishReason) {
      this.arrived.push({ ...(this.arrived.pop() as SampledToken), finishReason });
      this.endWith(finishReason);
    }
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
    this.siblings.end(this.tokens);
  }
}

/** What a client is told; the cause is in the log. */
function errorOf(code: "engine_error" | "deadline_exceeded"): RuntimeError {
  return code === "deadline_exceeded"
    ? new RuntimeError(code, "the request's deadline has passed; ask for fewer tokens or allow more time")
    : new RuntimeError(code, "the engine failed with this request in its batch; its log says why");
}

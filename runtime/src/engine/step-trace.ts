import { open } from "node:fs/promises";
import type { Writable } from "node:stream";
import type { EngineObserver } from "./engine-observer";
import type { EnginePlan } from "./engine-plan";
import type { StepReport } from "./protocol";

/** Bytes that may wait for a slow disk before lines are dropped: the engine does not wait for its trace. */
const BUFFERED_BYTES_MAX = 1024 * 1024;

/** Writes a line of JSON per step. docs/reference/step-trace.md has its fields; a test compares. */
export class StepTrace implements EngineObserver {
  private dropped = 0;
  private hasFailed = false;

  private constructor(
    private readonly output: Writable,
    private readonly plan: EnginePlan,
    onFailure: (cause: Error) => void,
  ) {
    // Standard output may fail again for what was written to it meanwhile.
    output.on("error", (cause) => {
      if (!this.hasFailed) onFailure(cause);
      this.hasFailed = true;
    });
  }

  /**
   * Opens the file for appending; "-" is standard output.
   * @param onFailure is told once when writing fails; nothing is written from then on
   * @throws what keeps the file from being opened
   */
  static async open(file: string, plan: EnginePlan, onFailure: (cause: Error) => void): Promise<StepTrace> {
    const output = file === "-" ? process.stdout : (await open(file, "a")).createWriteStream();
    return new StepTrace(output, plan, onFailure);
  }

  stepped(report: StepReport): void {
    if (this.hasFailed || this.output.destroyed) return;
    if (this.output.writableLength > BUFFERED_BYTES_MAX) this.dropped++;
    else {
      this.output.write(`${JSON.stringify(traceLine(report, this.plan, this.dropped))}\n`);
      this.dropped = 0;
    }
  }

  /** Resolves when what was written is on its way to the disk. */
  async close(): Promise<void> {
    if (this.output === process.stdout || this.output.destroyed) return;
    await new Promise<void>((resolve) => this.output.once("close", resolve).end());
  }
}

/** What one line holds. Times are in milliseconds, but for `time`. */
export function traceLine(report: StepReport, plan: EnginePlan, dropped: number) {
  const { stats, tokens, prefillTokens } = report;
  return {
    time: new Date().toISOString(),
    step: report.step,
    tokens,
    prefillTokens,
    decodeTokens: tokens - prefillTokens,
    sequences: report.sequences,
    running: stats.running,
    waiting: stats.waiting,
    waitingTokens: stats.waitingTokens,
    preempted: report.preempted,
    failed: report.outputs.filter((output) => "error" in output).length,
    usedBlocks: stats.usedBlocks,
    cachedBlocks: stats.cachedBlocks,
    freeBlocks: plan.blocks - stats.usedBlocks,
    unusedSlots: stats.unusedSlots,
    cachedTokensRead: report.cachedTokensRead,
    prefixQueries: report.prefixQueries,
    prefixHits: report.prefixHits,
    drafts: report.drafts,
    draftedTokens: report.draftedTokens,
    acceptedTokens: report.acceptedTokens,
    runMs: milliseconds(report.runSeconds),
    outsideMs: milliseconds(report.outsideSeconds),
    dropped,
  };
}

/** Microseconds are precise enough, and short. */
function milliseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e3;
}

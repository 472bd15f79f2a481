import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServerSettings } from "./engine-server";

/** What is looked at of a line of the engine's step trace. */
export type TracedStep = Readonly<{
  /** Sequences that the step computed tokens of, and these tokens. */
  sequences: number;
  tokens: number;
  /** Sequences that were admitted and had not ended after the step. */
  running: number;
  /** Blocks that sequences hold after the step, and slots of these that hold no token. */
  usedBlocks: number;
  unusedSlots: number;
  /** Time within the session's run, and the rest of the step. */
  runMs: number;
  outsideMs: number;
}>;

/** The engine's own account of its steps, in a file of this measurement. */
export class StepTrace {
  private readonly folder = mkdtempSync(join(tmpdir(), "plinth-step-trace-"));
  private readonly file = join(this.folder, "steps.jsonl");

  /** What makes a server write it. */
  get settings(): ServerSettings {
    return { PLINTH_STEP_TRACE_FILE: this.file };
  }

  /** The steps, once the server has ended. */
  read(): TracedStep[] {
    const lines = readFileSync(this.file, "utf8").trimEnd().split("\n");
    rmSync(this.folder, { recursive: true });
    return lines.map((line) => JSON.parse(line) as TracedStep);
  }
}

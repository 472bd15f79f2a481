import type { EngineLoss } from "./engine-supervisor";
import type { Generation } from "./generation";
import type { StepReport } from "./protocol";

/** Is told what happens to the engine: metrics, the log, the step trace and the diagnosis are such. */
export interface EngineObserver {
  stepped?(report: StepReport): void;
  /** A step gave the generation tokens; `sinceLast` are the seconds since its last ones, absent for the first. */
  advanced?(generation: Generation, sinceLast: number | undefined): void;
  /** The generation has ended, however. */
  ended?(generation: Generation): void;
  /** Sequences of a step failed, all for this cause, which may name what clients need not know. */
  faulted?(cause: string, sequences: number): void;
  /** The engine's thread is gone. */
  lost?(loss: EngineLoss): void;
  /** Another one serves in its place. */
  rebuilt?(): void;
}

import type { SamplingParams } from "../sampling/sampling-params";
import type { FinishReason, SequenceId } from "./sequence";

/** What crosses the boundary between the server's thread and the engine's: plain data, tokens and no text. */

export type SequenceRequest = Readonly<{
  id: SequenceId;
  promptTokenIds: readonly number[];
  params: SamplingParams;
}>;

/** One sampled token, or the error that ended the sequence. */
export type SequenceOutput =
  | Readonly<{
      id: SequenceId;
      tokenId: number;
      finishReason?: FinishReason;
      /** Seconds on the process's monotonic clock when the sequence was first scheduled. */
      scheduledAt: number;
    }>
  | Readonly<{ id: SequenceId; error: string }>;

export type EngineStats = Readonly<{ running: number; waiting: number; usedBlocks: number }>;

export type StepReport = Readonly<{
  outputs: readonly SequenceOutput[];
  /** Tokens that the step computed. */
  tokens: number;
  /** Sequences that lost their blocks in the step. */
  preempted: number;
  /** The state after the step. */
  stats: EngineStats;
}>;

export type EngineRequest =
  | Readonly<{ type: "add"; sequences: readonly SequenceRequest[] }>
  | Readonly<{ type: "abort"; ids: readonly SequenceId[] }>
  | Readonly<{ type: "stop" }>;

export type EngineMessage =
  | Readonly<{ type: "ready" }>
  | Readonly<{ type: "step"; report: StepReport }>
  | Readonly<{ type: "stats"; stats: EngineStats }>;

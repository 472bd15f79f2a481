import type { SamplingParams } from "../sampling/sampling-params";
import type { SampledToken } from "../sampling/token-scores";
import type { FinishReason, SequenceId } from "./sequence";

/** What crosses the boundary between the server's thread and the engine's: plain data, tokens and no text. */

export type SequenceRequest = Readonly<{
  id: SequenceId;
  promptTokenIds: readonly number[];
  params: SamplingParams;
  /** Where the policy is "priority", lower comes first; otherwise not looked at. */
  priority: number;
  /** Seconds on the process's monotonic clock after which the sequence ends with an error, waiting or running. */
  deadline?: number;
  /** Cached prefixes are shared only among sequences of the same salt. */
  cacheSalt?: string;
  /** Further completions of the same prompt: they differ in their seed alone. */
  forks: readonly Readonly<{ id: SequenceId; seed: number }>[];
}>;

/** Tokens that a step gave a sequence, or why it ended without them. */
export type SequenceOutput =
  | Readonly<{
      id: SequenceId;
      /** At least one; several where drafts were accepted. */
      tokens: readonly SampledToken[];
      /** Belongs to the last token. */
      finishReason?: FinishReason;
      /** Seconds on the process's monotonic clock when the sequence was first scheduled. */
      scheduledAt: number;
      /** Tokens of the prompt that were found in the prefix cache when the sequence was first admitted. */
      cachedTokens: number;
    }>
  | Readonly<{ id: SequenceId; error: string; code: "engine_error" | "deadline_exceeded" }>;

export type EngineStats = Readonly<{
  running: number;
  waiting: number;
  /** Tokens that waiting sequences still have to compute, before any prefix hit. */
  waitingTokens: number;
  usedBlocks: number;
  /** Free blocks that hold a prefix which may be found again. */
  cachedBlocks: number;
  /** Slots of used blocks that hold no token yet. */
  unusedSlots: number;
}>;

export type StepReport = Readonly<{
  outputs: readonly SequenceOutput[];
  /** Number of the step since the engine started. */
  step: number;
  /** Tokens that the step computed, prompts' and others'. */
  tokens: number;
  /** Of them, those of prompts (and of recomputation after a preemption). */
  prefillTokens: number;
  /** Sequences that the step computed tokens of. */
  sequences: number;
  /** Tokens in the cache that the step's attention read. */
  cachedTokensRead: number;
  /** Sequences that lost their blocks in the step. */
  preempted: number;
  /** Prompt tokens that sequences admitted in this step looked up in the prefix cache, and that they found. */
  prefixQueries: number;
  prefixHits: number;
  /** Drafts that were verified, the tokens that they proposed and those of them that were accepted. */
  drafts: number;
  draftedTokens: number;
  acceptedTokens: number;
  /** Seconds within the session's run, and beside it from the step's start to its end. */
  runSeconds: number;
  outsideSeconds: number;
  /** The state after the step. */
  stats: EngineStats;
}>;

export type EngineRequest =
  | Readonly<{ type: "add"; sequences: readonly SequenceRequest[] }>
  | Readonly<{ type: "abort"; ids: readonly SequenceId[] }>
  | Readonly<{ type: "stop" }>;

export type EngineMessage =
  | Readonly<{
      type: "ready";
      /** What the thread copies of memory, read and written bytes together. */
      memoryBytesPerSecond: number;
    }>
  | Readonly<{ type: "step"; report: StepReport }>
  | Readonly<{ type: "stats"; stats: EngineStats }>;

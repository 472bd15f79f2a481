import type { Sequence } from "./sequence";

/** Tokens of one sequence that a step computes: positions `start` to `start + count - 1`. */
export type ScheduledTokens = Readonly<{
  sequence: Sequence;
  start: number;
  count: number;
  /** The step reaches the sequence's last known token, so its next one is sampled. */
  samples: boolean;
}>;

/** What one step computes. The blocks for it are reserved. */
export type SchedulerOutput = Readonly<{
  /** Sequences that compute one token, in the order of the graph's rows. */
  decodes: readonly ScheduledTokens[];
  /** Sequences that compute a chunk of several. */
  prefills: readonly ScheduledTokens[];
  /** Sequences that lost their blocks to make room. */
  preempted: number;
}>;

import type { TimedSequence, Wave } from "../measure/timed-sequence.js";

/** What the benchmark and the peer's process say to each other. */

export type PeerOptions = Readonly<{
  modelPath: string;
  threads: number;
  /** Tokens that one decode takes at most. */
  batchSize: number;
  flashAttention: boolean;
  /** Tokens of the longest sequence. */
  contextSize: number;
}>;

export type PeerReady = Readonly<{ type: "ready"; release: string }>;

export type PeerResult = Readonly<{ type: "result"; sequences: readonly TimedSequence[] }>;

export type PeerRequest = Readonly<{ type: "run"; wave: Wave }>;

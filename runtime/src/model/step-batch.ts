/** The tokens of one sequence that a step computes. */
export type BatchEntry = Readonly<{
  /** The tokens at positions `start` to `start + tokenIds.length - 1`. */
  tokenIds: readonly number[];
  /** Tokens of the sequence that are in the cache. */
  start: number;
  /** The sequence's block table, with room for the new tokens. */
  blocks: readonly number[];
  /** The next token is wanted. */
  samples: boolean;
}>;

/** One step's work, as plain data. */
export type StepBatch = Readonly<{
  /** Entries of one token. */
  decodes: readonly BatchEntry[];
  /** Entries of several tokens. */
  prefills: readonly BatchEntry[];
  /** Return the logits and not only the best tokens. */
  wantLogits: boolean;
}>;

/** What a step gives for each entry that samples, decodes first. */
export type SampleRows = Readonly<{
  /** The best token of each row. */
  greedyIds: ArrayLike<number | bigint>;
  /** `[vocabulary]` each; only where asked for, since copying them out costs. */
  logits?: readonly Float32Array[];
}>;

/** What was seen of one sequence, by whoever asked for it. Times in ms of one clock. */
export type TimedSequence = Readonly<{
  /** When the prompt was handed over. */
  startedMs: number;
  tokenIds: readonly number[];
  /** When each token was there. */
  tokenTimesMs: readonly number[];
}>;

/** Work that an engine is given: prompts that all start at the same moment. */
export type Wave = Readonly<{
  prompts: readonly (readonly number[])[];
  outputTokens: number;
}>;

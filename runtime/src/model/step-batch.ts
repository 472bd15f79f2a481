import type { BlockCopy } from "../kv/block-table";
import type { ScoresWanted, TokenScores } from "../sampling/token-scores";

/** The tokens of one sequence that a step computes. */
export type BatchEntry = Readonly<{
  /** The tokens at positions `start` to `start + tokenIds.length - 1`. */
  tokenIds: readonly number[];
  /** Tokens of the sequence that are in the cache. */
  start: number;
  /** The sequence's block table, with room for the new tokens. */
  blocks: readonly number[];
  /** How many of the last tokens the next token's scores are wanted for: 0 within a prompt, more than 1 for drafts. */
  scoredRows: number;
  scores: ScoresWanted;
}>;

/** One step's work, as plain data. */
export type StepBatch = Readonly<{
  /**
   * Blocks whose content may be damaged, to be set to zero before all else: attention weighs what it hides with zero,
   * and zero times NaN is NaN.
   */
  clears?: readonly number[];
  /** Done before anything is computed, in this order. */
  copies: readonly BlockCopy[];
  /** Entries of one token. */
  decodes: readonly BatchEntry[];
  /** Entries of several tokens. */
  prefills: readonly BatchEntry[];
}>;

/** Per entry, decodes first, the scores of its scored rows; no less than was wanted, maybe more. */
export type StepScores = readonly (readonly TokenScores[])[];

export type StepResult = Readonly<{
  scores: StepScores;
  /** Seconds that the session took, without what is done around it. */
  sessionSeconds: number;
}>;

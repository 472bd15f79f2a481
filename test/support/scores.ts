import type { BatchEntry, StepBatch, StepResult } from "../../runtime/src/model/step-batch";

/** Wants all logits of the last token. */
export const lastLogits = { scoredRows: 1, scores: { kind: "all" } } as const;

/** A step of these entries, which may be of one token or of several. */
export function stepOf(entries: readonly BatchEntry[]): StepBatch {
  return {
    copies: [],
    decodes: entries.filter(({ tokenIds }) => tokenIds.length === 1),
    prefills: entries.filter(({ tokenIds }) => tokenIds.length > 1),
  };
}

/** The logits of every scored row, in order. */
export function logitsOf({ scores }: StepResult): Float32Array[] {
  return scores.flat().map((row) => {
    if (row.kind !== "all") throw new Error(`expected all logits, got ${row.kind}`);
    return row.logits;
  });
}

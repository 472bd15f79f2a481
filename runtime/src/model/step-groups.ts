import type { BatchEntry, StepBatch } from "./step-batch";

/**
 * The two groups in which a graph attends. Each is a rectangle: all its block tables are padded to the longest, and
 * what the second group computes is padded to its longest chunk.
 */
export type StepGroups = Readonly<{
  /** Entries of one token. */
  decodes: readonly BatchEntry[];
  /** Entries of several tokens, or of one with much more in the cache than the others have. */
  chunks: readonly BatchEntry[];
}>;

/** Share of the blocks read that a second rectangle must save, since it has a cost of its own. */
const WORTHWHILE_SHARE = 0.2;

/**
 * Where a step has no chunks their group is free, and sequences that are much longer than the others go there:
 * otherwise one of 2,000 tokens would make each of its neighbours read as much.
 */
export function groupStep({ decodes, prefills }: StepBatch): StepGroups {
  if (prefills.length > 0 || decodes.length < 2) return { decodes, chunks: prefills };
  const ranked = [...decodes].sort((a, b) => a.start - b.start);
  const longest = ranked[ranked.length - 1].start;
  let [best, split] = [ranked.length * longest * (1 - WORTHWHILE_SHARE), ranked.length];
  for (let short = 1; short < ranked.length; short++) {
    const read = short * ranked[short - 1].start + (ranked.length - short) * longest;
    if (read < best) [best, split] = [read, short];
  }
  return { decodes: ranked.slice(0, split), chunks: ranked.slice(split) };
}

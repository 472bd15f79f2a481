import type { SamplingParams } from "./sampling-params";

/**
 * A distribution as sampling looks at it: its tokens from the most likely down, ties by the lower id, each with the
 * weight e^((logit - best logit) / temperature). There is one order for all ways of sampling, so that a distribution of
 * which only the head is known gives the same token as the whole. What cannot be told is undefined.
 */
export interface RankedDistribution {
  /** Of all tokens. */
  readonly mass?: number;
  /** Of so many first tokens. */
  massOfFirst(count: number): number | undefined;
  /** Of the tokens that each have at least this weight. */
  massOfHeaviest(weight: number): number | undefined;
  /** Of the smallest number of first tokens that have this mass together. */
  massReaching(mass: number): number | undefined;
  /** The token with which the mass of the first ones comes to exceed this, which is below the mass of all. */
  tokenAt(mass: number): number | undefined;
}

/**
 * Draws a token by the inverse of the cumulative distribution, cut as vLLM cuts it: to the tokens above min p and to
 * the top k, and of what remains, renormalised, to the top p.
 *
 * @param uniform in [0, 1)
 */
export function drawToken(
  distribution: RankedDistribution,
  { minP, topK, topP }: Pick<SamplingParams, "minP" | "topK" | "topP">,
  uniform: number,
): number | undefined {
  let mass = massAfterCuts(distribution, minP, topK);
  if (mass !== undefined && topP < 1) mass = distribution.massReaching(topP * mass);
  return mass === undefined ? undefined : distribution.tokenAt(uniform * mass);
}

/** Both cuts leave first tokens, so the one that leaves fewer decides; one that cannot be told leaves more. */
function massAfterCuts(distribution: RankedDistribution, minP: number, topK: number): number | undefined {
  if (minP === 0 && topK === 0) return distribution.mass;
  const heaviest = minP > 0 ? distribution.massOfHeaviest(minP) : undefined;
  const first = topK > 0 ? distribution.massOfFirst(topK) : undefined;
  if (heaviest === undefined || first === undefined) return heaviest ?? first;
  return Math.min(heaviest, first);
}

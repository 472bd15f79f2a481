import { bestTokens, type RankedTokens } from "./best-tokens";
import { FullDistribution } from "./full-distribution";
import type { SampledToken, TokenScores } from "./token-scores";

/**
 * What the model's own distribution, before temperature and any other setting, says of a token and of the most likely
 * ones.
 *
 * @returns undefined where the scores do not hold so many
 */
export function tokenLogprobs(
  scores: Exclude<TokenScores, { kind: "best" }>,
  tokenId: number,
  count: number,
): Pick<SampledToken, "logprob" | "topLogprobs"> | undefined {
  if (scores.kind === "all") {
    const best = bestTokens(scores.logits, Math.max(1, count));
    const { mass } = new FullDistribution(scores.logits, 1);
    const logSumExp = best.logits[0] + Math.log(mass);
    return {
      logprob: scores.logits[tokenId] - logSumExp,
      topLogprobs: topLogprobs(best, count, logSumExp),
    };
  }
  const rank = scores.tokenIds.indexOf(tokenId);
  if (rank < 0 || count > scores.tokenIds.length) return undefined;
  return {
    logprob: scores.logits[rank] - scores.logSumExp,
    topLogprobs: topLogprobs(scores, count, scores.logSumExp),
  };
}

function topLogprobs(
  { tokenIds, logits }: RankedTokens,
  count: number,
  logSumExp: number,
): SampledToken["topLogprobs"] {
  return Array.from(tokenIds.subarray(0, count), (tokenId, rank) => ({
    tokenId,
    logprob: logits[rank] - logSumExp,
  }));
}

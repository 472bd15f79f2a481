import type { RankedTokens } from "./best-tokens";

/** A rule that changes the logits of some tokens before one is chosen. */
export interface LogitsProcessor {
  /** It changes something at present. */
  readonly isActive: boolean;
  /** It may make a logit higher than it was. */
  readonly raises: boolean;
  /** The tokens whose logits it changes at present. */
  tokens(): Iterable<number>;
  /** The logit that a token gets instead of this one. */
  adjust(tokenId: number, logit: number): number;
  /** Is told each token that was chosen. */
  accept(tokenId: number): void;
}

/** All samplers of a thread share it: it is read before the next token is chosen. */
let copy = new Float32Array(0);

/** All logits as the processors leave them, one after the other. Valid until the next call. */
export function processAll(logits: Float32Array, processors: readonly LogitsProcessor[]): Float32Array {
  if (processors.length === 0) return logits;
  if (copy.length !== logits.length) copy = new Float32Array(logits.length);
  copy.set(logits);
  for (const processor of processors)
    for (const token of processor.tokens()) copy[token] = processor.adjust(token, copy[token]);
  return copy;
}

/**
 * The best tokens as processors leave them that raise no logit: those that stay above every token which is not among
 * them. There may be none.
 */
export function processBest(best: RankedTokens, processors: readonly LogitsProcessor[]): RankedTokens {
  if (processors.length === 0) return best;
  const logits = Float32Array.from(best.logits);
  const ranks = new Map(Array.from(best.tokenIds, (token, rank) => [token, rank]));
  for (const processor of processors)
    for (const token of processor.tokens()) {
      const rank = ranks.get(token);
      if (rank !== undefined) logits[rank] = processor.adjust(token, logits[rank]);
    }
  const floor = best.logits[best.logits.length - 1];
  const kept = [...logits.keys()]
    .filter((rank) => logits[rank] > floor)
    .sort((a, b) => logits[b] - logits[a] || best.tokenIds[a] - best.tokenIds[b]);
  return {
    tokenIds: Int32Array.from(kept, (rank) => best.tokenIds[rank]),
    logits: Float32Array.from(kept, (rank) => logits[rank]),
  };
}

import { damagedLogitsError } from "./damaged-logits";

/** Tokens from the highest logit down, ties by the lower id. */
export type RankedTokens = Readonly<{ tokenIds: Int32Array; logits: Float32Array }>;

/**
 * The best few tokens. They are kept sorted in one pass and no heap of all is built: few tokens of a vocabulary are
 * better than the best that came before them, so that hardly one in a hundred is ever moved.
 *
 * @throws Error where a logit is no number, or the best one not finite
 */
export function bestTokens(all: Float32Array, count: number): RankedTokens {
  const size = Math.min(count, all.length);
  const tokenIds = new Int32Array(size);
  const logits = new Float32Array(size);
  let taken = 0;
  for (let token = 0; token < all.length; token++) {
    const logit = all[token];
    // A NaN is not at most anything: it always gets past this line.
    if (taken === size && logit <= logits[size - 1]) continue;
    if (Number.isNaN(logit)) throw damagedLogitsError();
    if (taken < size) taken++;
    let place = taken - 1;
    for (; place > 0 && logits[place - 1] < logit; place--) {
      logits[place] = logits[place - 1];
      tokenIds[place] = tokenIds[place - 1];
    }
    logits[place] = logit;
    tokenIds[place] = token;
  }
  if (!Number.isFinite(logits[0])) throw damagedLogitsError();
  return { tokenIds, logits };
}

import { damagedLogitsError } from "./damaged-logits";
import type { RankedDistribution } from "./ranked-distribution";

/** Tokens further below the best one than this weigh nothing: 10^21 of them would not change the sum of the others. */
const DEPTH_NEPERS = 64;
const BUCKETS_PER_NEPER = 128;
const BUCKETS = DEPTH_NEPERS * BUCKETS_PER_NEPER;

/** What a token in the middle of each bucket weighs. */
const weights = Float64Array.from({ length: BUCKETS }, (_, bucket) =>
  Math.exp(-(bucket + 1 / 2) / BUCKETS_PER_NEPER),
);

// All samplers of a thread share these: a distribution is drawn from before the next one is made. The last place is for
// tokens that weigh nothing: to write there is faster than to ask each token whether it does.
const masses = new Float64Array(BUCKETS + 1);
const counts = new Uint32Array(BUCKETS + 1);
/** Of each token; the last one is for those that weigh nothing. */
let buckets = new Uint16Array(0);

/**
 * The distribution over a whole vocabulary. Ranking 150,000 tokens to draw one would cost more than the model's own
 * step, so tokens are sorted into buckets by their depth below the best one, and only the bucket in which an answer
 * lies is ranked. The mass of a bucket needs no exponential per token either: it is that of the bucket's middle times a
 * short series, exact to 10^-11, while logits of 32 bits tell a weight to 10^-7 at best.
 *
 * Only the latest one of a thread may be used.
 */
export class FullDistribution implements RankedDistribution {
  readonly mass: number;
  /** Where the least likely tokens that weigh anything are. */
  private readonly deepest: number;
  private readonly best: number;

  /** @throws Error where a logit is no number, or the best one not finite */
  constructor(
    private readonly logits: Float32Array,
    private readonly temperature: number,
  ) {
    const best = highest(logits);
    if (buckets.length !== logits.length) buckets = new Uint16Array(logits.length);
    masses.fill(0);
    const scale = Math.min(BUCKETS_PER_NEPER / temperature, Number.MAX_VALUE);
    for (let token = 0; token < logits.length; token++) {
      const place = Math.min((best - logits[token]) * scale, BUCKETS);
      const bucket = place | 0;
      buckets[token] = bucket;
      const rest = (place - bucket - 1 / 2) * (1 / BUCKETS_PER_NEPER);
      // e^-rest; the next term would be below 10^-11.
      masses[bucket] += 1 - rest + rest * rest * (1 / 2 - rest * (1 / 6));
    }
    let mass = 0;
    let deepest = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (masses[bucket] === 0) continue;
      masses[bucket] *= weights[bucket];
      mass += masses[bucket];
      deepest = bucket;
    }
    this.best = best;
    this.mass = mass;
    this.deepest = deepest;
  }

  massOfFirst(count: number): number {
    counts.fill(0);
    for (let token = 0; token < buckets.length; token++) counts[buckets[token]]++;
    let mass = 0;
    let left = count;
    for (let bucket = 0; bucket <= this.deepest; bucket++) {
      if (counts[bucket] > left) {
        for (const token of this.ranked(bucket).slice(0, left)) mass += this.weight(token);
        return mass;
      }
      left -= counts[bucket];
      mass += masses[bucket];
    }
    return mass;
  }

  massOfHeaviest(weight: number): number {
    const depth = -Math.log(weight);
    if (depth >= DEPTH_NEPERS) return this.mass;
    const last = (depth * BUCKETS_PER_NEPER) | 0;
    let mass = 0;
    for (let bucket = 0; bucket < last; bucket++) mass += masses[bucket];
    for (const token of this.ranked(last)) if (this.depth(token) <= depth) mass += this.weight(token);
    return mass;
  }

  massReaching(mass: number): number {
    return this.walk((sum) => sum >= mass).mass;
  }

  tokenAt(mass: number): number {
    return this.walk((sum) => sum > mass).token;
  }

  /** Goes down the ranks until the mass of those passed is enough, or to the last token that weighs anything. */
  private walk(isEnough: (mass: number) => boolean): { token: number; mass: number } {
    let mass = 0;
    let bucket = 0;
    while (bucket < this.deepest && !isEnough(mass + masses[bucket])) mass += masses[bucket++];
    let token = 0;
    for (token of this.ranked(bucket)) {
      mass += this.weight(token);
      if (isEnough(mass)) break;
    }
    return { token, mass };
  }

  private ranked(bucket: number): number[] {
    const { logits } = this;
    const tokens: number[] = [];
    for (let token = buckets.indexOf(bucket); token >= 0; token = buckets.indexOf(bucket, token + 1))
      tokens.push(token);
    return tokens.sort((a, b) => logits[b] - logits[a] || a - b);
  }

  private depth(token: number): number {
    return (this.best - this.logits[token]) / this.temperature;
  }

  private weight(token: number): number {
    return Math.exp(-this.depth(token));
  }
}

/** Four at a time, since each maximum waits for the one before it. A NaN becomes the maximum of all that follows. */
function highest(logits: Float32Array): number {
  let first = Number.NEGATIVE_INFINITY;
  let [second, third, fourth] = [first, first, first];
  const whole = logits.length - (logits.length % 4);
  for (let token = 0; token < whole; token += 4) {
    first = Math.max(first, logits[token]);
    second = Math.max(second, logits[token + 1]);
    third = Math.max(third, logits[token + 2]);
    fourth = Math.max(fourth, logits[token + 3]);
  }
  const best = Math.max(first, second, third, fourth, ...logits.subarray(whole));
  if (!Number.isFinite(best)) throw damagedLogitsError();
  return best;
}

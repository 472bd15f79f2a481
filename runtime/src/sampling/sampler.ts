import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";
import { BestFirst } from "./best-first";
import type { SamplingParams } from "./sampling-params";
import type { SampledToken, ScoresWanted, TokenScores } from "./token-scores";

export type ShapingParams = Pick<SamplingParams, "temperature" | "topP" | "topK" | "seed">;

/**
 * Chooses the tokens of one sequence. Its random numbers are its own and one is drawn per token, so that what else
 * is in the batch cannot change them.
 */
export class Sampler {
  /** The Mersenne Twister, since xoroshiro's first draws are nearly the same for all small seeds. */
  private readonly random: ReturnType<typeof mersenne>;

  constructor(private readonly params: ShapingParams) {
    this.random = mersenne(fold(params.seed));
  }

  /** What the next choice needs to know. */
  get wants(): ScoresWanted {
    return { kind: this.params.temperature === 0 ? "best" : "all" };
  }

  /**
   * Chooses the next token.
   * @returns undefined where the scores do not suffice; `wants` then asks for all of the same position
   * @throws Error where the logits are no distribution: the best of them is not finite
   */
  choose(scores: TokenScores): SampledToken | undefined {
    if (scores.kind === "best") return { tokenId: scores.tokenId };
    if (scores.kind === "top") return { tokenId: scores.tokenIds[0] };
    if (this.params.temperature > 0) return { tokenId: this.sample(scores.logits) };
    return { tokenId: new BestFirst(scores.logits).take(1)[0] };
  }

  /** Samples from softmax(logits / temperature), cut to the top k and then, of what remains, to the top p. */
  private sample(logits: Float32Array): number {
    const { temperature, topK, topP } = this.params;
    const uniform = uniformFloat64(this.random);
    const weights = softmaxNumerators(logits, temperature);
    if (topK === 0 && topP === 1) return draw(weights, weights.keys(), total(weights), uniform);

    const ranked = new BestFirst(logits);
    const kept = topK > 0 ? ranked.take(topK) : ranked;
    const keptMass =
      topK > 0 ? (kept as number[]).reduce((sum, token) => sum + weights[token], 0) : total(weights);
    const nucleus: number[] = [];
    let mass = 0;
    for (const token of kept) {
      nucleus.push(token);
      mass += weights[token];
      if (mass >= topP * keptMass) break;
    }
    return draw(weights, nucleus, mass, uniform);
  }
}

function softmaxNumerators(logits: Float32Array, temperature: number): Float64Array {
  let best = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > best) best = logit;
  if (!Number.isFinite(best))
    throw new Error("the model's logits are not finite: its weights may be damaged");
  const weights = new Float64Array(logits.length);
  for (let token = 0; token < logits.length; token++)
    weights[token] = Math.exp((logits[token] - best) / temperature);
  return weights;
}

/** @param uniform in [0, 1) */
function draw(weights: Float64Array, tokens: Iterable<number>, mass: number, uniform: number): number {
  let left = uniform * mass;
  let last = 0;
  for (const token of tokens) {
    if (weights[token] === 0) continue;
    last = token;
    left -= weights[token];
    if (left < 0) break;
  }
  return last;
}

function total(weights: Float64Array): number {
  let sum = 0;
  for (const weight of weights) sum += weight;
  return sum;
}

/** A 32-bit seed that depends on all bits of a larger one. Seeds of up to 32 bits stay what they are. */
function fold(seed: number): number {
  const high = Math.floor(seed / 2 ** 32);
  // The odd factor keeps -1 from falling on 0 and 2 ** 32 on 1.
  return (seed % 2 ** 32) ^ Math.imul(high, 0x9e3779b1);
}

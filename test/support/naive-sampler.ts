import type { SamplerParams } from "../../runtime/src/sampling/sampler";
import type { SampledToken, TokenScores } from "../../runtime/src/sampling/token-scores";

/** The scores of a step as a runner's "top" gives them, in 32 bits, with so many tokens. */
export function topScores(logits: Float32Array, temperature: number, count = 64): TokenScores {
  const ranked = rank(logits).slice(0, count);
  return {
    kind: "top",
    tokenIds: Int32Array.from(ranked),
    logits: Float32Array.from(ranked, (token) => logits[token]),
    logSumExp: Math.fround(logSumExp(logits, 1)),
    scaledLogSumExp: Math.fround(logSumExp(logits, temperature)),
  };
}

/** A sampler that sorts the whole vocabulary in double precision, for the next token after this output. */
export function naiveChoice(
  params: SamplerParams,
  prompt: readonly number[],
  output: readonly number[],
  logits: Float32Array,
  uniform: number,
): SampledToken {
  const processed = naiveProcess(params, prompt, output, logits);
  const tokenId = params.temperature === 0 ? rank(processed)[0] : naiveDraw(params, processed, uniform);
  if (params.logprobs === undefined) return { tokenId };
  const total = logSumExp(logits, 1);
  const topLogprobs = rank(logits)
    .slice(0, params.logprobs)
    .map((token) => ({ tokenId: token, logprob: logits[token] - total }));
  return { tokenId, logprob: logits[tokenId] - total, topLogprobs };
}

function naiveProcess(
  params: SamplerParams,
  prompt: readonly number[],
  output: readonly number[],
  logits: Float32Array,
): Float32Array {
  const processed = Float32Array.from(logits);
  if (output.length < params.minTokens)
    for (const token of params.stopTokenIds) processed[token] = Number.NEGATIVE_INFINITY;
  for (const [token, bias] of params.logitBias) processed[token] += bias;
  return processed.map((logit, token) => {
    const times = output.filter((each) => each === token).length;
    let penalised = logit;
    if (params.repetitionPenalty !== 1 && (times > 0 || prompt.includes(token)))
      penalised = Math.fround(
        logit > 0 ? logit / params.repetitionPenalty : logit * params.repetitionPenalty,
      );
    if (times === 0) return penalised;
    return penalised - params.frequencyPenalty * times - params.presencePenalty;
  });
}

function naiveDraw(
  { temperature, minP, topK, topP }: SamplerParams,
  logits: Float32Array,
  uniform: number,
): number {
  const best = Math.max(...logits);
  let kept = rank(logits).map((token) => ({ token, weight: Math.exp((logits[token] - best) / temperature) }));
  const sum = (list: typeof kept) => list.reduce((mass, { weight }) => mass + weight, 0);
  kept = kept.filter(({ weight }) => weight > 0 && weight >= minP);
  if (topK > 0) kept = kept.slice(0, topK);
  if (topP < 1) {
    const wanted = topP * sum(kept);
    let mass = 0;
    kept = kept.filter(({ weight }) => {
      const isNeeded = mass < wanted;
      mass += weight;
      return isNeeded;
    });
  }
  let left = uniform * sum(kept);
  for (const { token, weight } of kept) {
    left -= weight;
    if (left < 0) return token;
  }
  return kept[kept.length - 1].token;
}

function logSumExp(logits: Float32Array, temperature: number): number {
  const best = Math.max(...logits) / temperature;
  return best + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit / temperature - best), 0));
}

/** Token ids from the highest logit down, ties by the lower id. */
export function rank(logits: Float32Array): number[] {
  return [...logits.keys()].sort((a, b) => {
    if (logits[a] === logits[b]) return a - b;
    return logits[a] > logits[b] ? -1 : 1;
  });
}

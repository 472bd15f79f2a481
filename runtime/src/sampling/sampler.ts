import { bestTokens, type RankedTokens } from "./best-tokens";
import { damagedLogitsError } from "./damaged-logits";
import { FullDistribution } from "./full-distribution";
import { HeadDistribution } from "./head-distribution";
import { LogitBias } from "./logit-bias";
import { type LogitsProcessor, processAll, processBest } from "./logits-processor";
import { MinTokens } from "./min-tokens";
import { OutputPenalties } from "./output-penalties";
import { drawToken, type RankedDistribution } from "./ranked-distribution";
import { RepetitionPenalty } from "./repetition-penalty";
import type { SamplingParams } from "./sampling-params";
import { tokenLogprobs } from "./token-logprobs";
import { type SampledToken, type ScoresWanted, TOP_TOKENS, type TokenScores } from "./token-scores";
import { UniformNumbers } from "./uniform-numbers";

export type SamplerParams = Omit<SamplingParams, "maxTokens">;

const ALL: ScoresWanted = { kind: "all" };
const BEST: ScoresWanted = { kind: "best" };

/** At a lower temperature 32 bits do not hold what a logit divided by it tells. */
const TOP_TEMPERATURE_MIN = 0.01;
/** Tokens that are chosen from all scores after the top ones did not suffice for the first time. */
const ALL_AFTER_MISS = 16;

/** How far a logarithm of a sum may be off that the graph computes in 32 bits: by the sum's rounding and by its own. */
const SUM_TOLERANCE = 1e-5;
const LOGIT_TOLERANCE = 2 ** -21;

type TopScores = Extract<TokenScores, { kind: "top" }>;
type ManyScores = Exclude<TokenScores, { kind: "best" }>;

/**
 * Chooses the tokens of one sequence, in vLLM's order (vllm/v1/sample/sampler.py): minimum of tokens, bias and
 * penalties, then temperature, min p, top k and top p. Its random numbers are its own and one is drawn per token, so
 * that neither what else is in the batch nor how much the scores hold can change them.
 */
export class Sampler {
  private readonly uniforms: UniformNumbers;
  private readonly processors: readonly LogitsProcessor[];
  /** The number of the token that is to be chosen next, once it is drawn. */
  private uniform: number | undefined;
  /** How often the top scores did not suffice. */
  private misses = 0;
  /** Tokens for which they are not tried again. */
  private allFor = 0;

  constructor(
    private readonly params: SamplerParams,
    promptTokenIds: readonly number[],
  ) {
    this.uniforms = new UniformNumbers(params.seed);
    this.processors = [
      new MinTokens(params.minTokens, params.stopTokenIds),
      new LogitBias(params.logitBias),
      new RepetitionPenalty(params.repetitionPenalty, promptTokenIds),
      new OutputPenalties(params.frequencyPenalty, params.presencePenalty),
    ];
  }

  /** What the next choice needs to know. More of it does as well. */
  get wants(): ScoresWanted {
    const { temperature, topK, minP, logprobs } = this.params;
    const active = this.activeProcessors;
    if (temperature === 0 && active.length === 0 && logprobs === undefined) return BEST;
    if (this.allFor > 0 || active.some(({ raises }) => raises) || Number(logprobs) > TOP_TOKENS) return ALL;
    if (temperature === 0) return { kind: "top", temperature: 1 };
    // Without a cut of known size the mass of all tokens counts, which processors change where it cannot be seen.
    const isCut = minP > 0 || (topK > 0 && topK <= TOP_TOKENS);
    const needsAll = temperature < TOP_TEMPERATURE_MIN || (!isCut && (topK > 0 || active.length > 0));
    return needsAll ? ALL : { kind: "top", temperature };
  }

  /**
   * Chooses the next token.
   * @returns undefined where the scores do not suffice; `wants` then asks for all of the same position
   * @throws Error where the logits are no distribution: one is no number or the best one not finite
   */
  choose(scores: TokenScores): SampledToken | undefined {
    const tokenId = this.pick(scores);
    const token = tokenId === undefined ? undefined : this.describe(tokenId, scores);
    if (token) this.accept(token.tokenId);
    else this.allFor = ALL_AFTER_MISS * 2 ** this.misses++;
    return token;
  }

  private get activeProcessors(): LogitsProcessor[] {
    return this.processors.filter(({ isActive }) => isActive);
  }

  private pick(scores: TokenScores): number | undefined {
    if (scores.kind === "best") {
      if (!Number.isFinite(scores.logit)) throw damagedLogitsError();
      return this.wants.kind === "best" ? scores.tokenId : undefined;
    }
    if (this.params.temperature === 0) return this.greedy(scores);
    this.uniform ??= this.uniforms.next();
    return drawToken(this.distribution(scores), this.params, this.uniform);
  }

  private greedy(scores: ManyScores): number | undefined {
    if (scores.kind === "top") return this.processTop(scores).tokenIds[0];
    return bestTokens(processAll(scores.logits, this.activeProcessors), 1).tokenIds[0];
  }

  private distribution(scores: ManyScores): RankedDistribution {
    const { temperature, topK } = this.params;
    if (scores.kind === "top") return this.topDistribution(scores);
    const logits = processAll(scores.logits, this.activeProcessors);
    if (topK === 0 || topK > TOP_TOKENS || topK > logits.length)
      return new FullDistribution(logits, temperature);
    return new HeadDistribution(bestTokens(logits, topK), temperature);
  }

  private topDistribution(scores: TopScores): RankedDistribution {
    const { temperature } = this.params;
    const best = this.processTop(scores);
    const { scaledLogSumExp } = scores;
    const isKnown = this.activeProcessors.length === 0 && Number.isFinite(scaledLogSumExp);
    const mass = isKnown ? Math.exp(scaledLogSumExp - best.logits[0] / temperature) : undefined;
    const tolerance = SUM_TOLERANCE + Math.abs(scaledLogSumExp) * LOGIT_TOLERANCE;
    return new HeadDistribution(best, temperature, mass, tolerance);
  }

  private processTop(scores: TopScores): RankedTokens {
    if (!Number.isFinite(scores.logits[0]) || !Number.isFinite(scores.logSumExp)) throw damagedLogitsError();
    return processBest(scores, this.activeProcessors);
  }

  private describe(tokenId: number, scores: TokenScores): SampledToken | undefined {
    const { logprobs } = this.params;
    if (logprobs === undefined) return { tokenId };
    const described = scores.kind === "best" ? undefined : tokenLogprobs(scores, tokenId, logprobs);
    return described && { tokenId, ...described };
  }

  private accept(tokenId: number): void {
    this.uniform = undefined;
    if (this.allFor > 0) this.allFor--;
    for (const processor of this.processors) processor.accept(tokenId);
  }
}

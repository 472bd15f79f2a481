/** What a step computed. */
export type StepWork = Readonly<{
  /** Sequences that computed the one token that follows their last. */
  decodes: number;
  prefillTokens: number;
  draftTokens: number;
}>;

/** Share of a surprise that is believed: less of a slow step than of a fast one, since noise only ever adds. */
const RISE = 0.15;
const FALL = 0.3;
/** A step counts as at most so many times as long as expected, or as short. */
const SURPRISE_MAX = 2;
/** How many tokens' time a step is guessed to take before its first, as long as nothing else is known. */
const TOKENS_PER_STEP = 4;
/** Share by which a draft token's cost returns to that of a prefill token in a step without drafts. */
const FORGETTING = 0.01;

/** Seconds of a step without tokens, and of a token of each kind beside. */
type Costs = { step: number; decode: number; prefill: number; draft: number };

/**
 * Learns what steps cost on this machine with this model from the steps themselves: each takes a time of its own and a
 * time per token, by kind. A step's surprise changes each cost by its share of the step (normalised least mean
 * squares), so that steps of different mixtures tell the costs apart, and steps of the same mixture, however many, leave
 * alone what they cannot tell.
 */
export class StepCost {
  private costs: Costs | undefined;

  /** Seconds of a step that decodes so many sequences and does nothing else; undefined before the first step. */
  decodeSeconds(count: number): number | undefined {
    return this.costs && this.costs.step + count * this.costs.decode;
  }

  get prefillTokenSeconds(): number | undefined {
    return this.costs?.prefill;
  }

  get draftTokenSeconds(): number | undefined {
    return this.costs?.draft;
  }

  observe({ decodes, prefillTokens, draftTokens }: StepWork, seconds: number): void {
    const tokens = decodes + prefillTokens + draftTokens;
    if (tokens === 0 || !(seconds > 0)) return;
    const costs = this.costs ?? guess(seconds / (tokens + TOKENS_PER_STEP));
    const parts: Costs = {
      step: costs.step,
      decode: costs.decode * decodes,
      prefill: costs.prefill * prefillTokens,
      draft: costs.draft * draftTokens,
    };
    const expected = parts.step + parts.decode + parts.prefill + parts.draft;
    const believed = Math.min(SURPRISE_MAX * expected, Math.max(expected / SURPRISE_MAX, seconds));
    const surprise = (believed > expected ? RISE : FALL) * (believed - expected);
    const squares = parts.step ** 2 + parts.decode ** 2 + parts.prefill ** 2 + parts.draft ** 2;
    const learned = (cost: number, part: number) => cost * (1 + (surprise * part) / squares);
    this.costs = {
      step: learned(costs.step, parts.step),
      decode: learned(costs.decode, parts.decode),
      prefill: learned(costs.prefill, parts.prefill),
      // What is not observed any more must not be believed for ever: drafts would never be tried again.
      draft:
        draftTokens > 0
          ? learned(costs.draft, parts.draft)
          : costs.draft + FORGETTING * (costs.prefill - costs.draft),
    };
  }
}

function guess(tokenSeconds: number): Costs {
  return {
    step: TOKENS_PER_STEP * tokenSeconds,
    decode: tokenSeconds,
    prefill: tokenSeconds,
    draft: tokenSeconds,
  };
}

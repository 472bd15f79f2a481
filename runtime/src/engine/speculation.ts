import type { Sequence } from "./sequence";
import type { StepCost } from "./step-cost";

/** What an accepted token saves as a multiple of its price, for one sequence, before anything is known of the costs. */
const FIRST_GUESS = 4;
/** By how much an accepted token must save more than it costs: what is learned of the costs is not exact. */
const MARGIN = 1.1;

/**
 * Decides how long drafts may be. A step's time grows with its tokens, by less than it costs to decode them one by one:
 * a draft pays where it is likely enough to be accepted. In a large batch a token more costs nearly what decoding it
 * later would, so that drafts end by themselves where the batch leaves no room.
 */
export class Speculation {
  /** @param tokensMax longest draft; 0 turns drafts off */
  constructor(
    private readonly tokensMax: number,
    private readonly cost: StepCost,
  ) {}

  /**
   * What an accepted token saves in a step of so many decodes, as a multiple of what a draft token should cost at most;
   * 0 where no draft is to be tried at all.
   */
  gain(decodes: number): number {
    if (this.tokensMax === 0 || decodes === 0) return 0;
    const decode = this.cost.decodeSeconds(decodes);
    // In a small batch a cost that speaks against drafts may be wrong, as a process's first prompt is its slowest, and
    // only a draft would tell.
    const isSmall = decodes < FIRST_GUESS;
    const draft = this.cost.draftTokenSeconds ?? (isSmall ? undefined : this.cost.prefillTokenSeconds);
    if (decode === undefined || draft === undefined) return isSmall ? FIRST_GUESS / decodes : 0;
    const gain = decode / decodes / (MARGIN * draft);
    return gain > 1 || isSmall ? gain : 0;
  }

  /** Tokens that may come next: none where a draft would not pay, or nothing is found. */
  draft(sequence: Sequence, gain: number, tokensLeft: number): readonly number[] {
    const { params, outputLength, draftHistory } = sequence;
    // The step gives one token more than are accepted.
    const wanted = params.maxTokens - outputLength - 1;
    const most = Math.min(this.tokensMax, tokensLeft, wanted);
    if (most < 1) return [];
    const length = Math.min(most, draftHistory.lengthThatPays(gain));
    return length > 0 ? sequence.propose(length) : [];
  }
}

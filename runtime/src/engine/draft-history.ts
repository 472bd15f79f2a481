/** Share of a new verdict in the acceptance. */
const LEARNING_RATE = 0.2;
const FIRST_GUESS = 0.7;
/** Bounds of the acceptance: at 1 a draft of any length would pay, at 0 none ever again. */
const ACCEPTANCE_MAX = 0.98;
const ACCEPTANCE_MIN = 0.01;
/** Steps without a draft before one is tried although it should not pay: at first, and at most. */
const PAUSE_MIN = 16;
const PAUSE_MAX = 512;

/** How well one sequence's drafts fared, and so how long its next one may be. */
export class DraftHistory {
  private acceptance = FIRST_GUESS;
  private pause = PAUSE_MIN;
  private stepsWithout = 0;

  /**
   * Tokens that a draft may have. The n-th is accepted with the n-th power of the acceptance, and pays while that is
   * more than its price. Where none pays, one token is tried now and then: what speaks against drafts, the acceptance or
   * the costs, is learned from drafts alone.
   * @param gain what an accepted token saves, as a multiple of what it costs to verify one
   */
  lengthThatPays(gain: number): number {
    const length = gain > 1 ? Math.floor(Math.log(gain) / -Math.log(this.acceptance)) : 0;
    if (length > 0) return length;
    return ++this.stepsWithout > this.pause ? 1 : 0;
  }

  /** @param rejected the token after the accepted ones was not what the sequence chose */
  verified(accepted: number, rejected: boolean): void {
    for (let count = 0; count < accepted; count++)
      this.acceptance += LEARNING_RATE * (ACCEPTANCE_MAX - this.acceptance);
    if (rejected) this.acceptance += LEARNING_RATE * (ACCEPTANCE_MIN - this.acceptance);
    this.stepsWithout = 0;
    this.pause = accepted > 0 ? PAUSE_MIN : Math.min(PAUSE_MAX, 2 * this.pause);
  }
}

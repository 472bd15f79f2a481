import type { LogitsProcessor } from "./logits-processor";

/**
 * Makes the tokens of prompt and output less likely, however often they are there (CTRL, arXiv:1909.05858): divides
 * their logits where they are positive and multiplies them where they are not.
 */
export class RepetitionPenalty implements LogitsProcessor {
  readonly isActive: boolean;
  readonly raises: boolean;
  private readonly seen: Set<number>;

  constructor(
    private readonly penalty: number,
    promptTokenIds: readonly number[],
  ) {
    this.isActive = penalty !== 1;
    this.raises = penalty < 1;
    this.seen = new Set(this.isActive ? promptTokenIds : []);
  }

  tokens(): Iterable<number> {
    return this.seen;
  }

  adjust(_tokenId: number, logit: number): number {
    return logit > 0 ? logit / this.penalty : logit * this.penalty;
  }

  accept(tokenId: number): void {
    if (this.isActive) this.seen.add(tokenId);
  }
}

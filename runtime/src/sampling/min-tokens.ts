import type { LogitsProcessor } from "./logits-processor";

/** Forbids the tokens that would end the sequence until it has so many tokens. */
export class MinTokens implements LogitsProcessor {
  readonly raises = false;
  private missing: number;

  constructor(
    minTokens: number,
    private readonly stopTokenIds: readonly number[],
  ) {
    this.missing = minTokens;
  }

  get isActive(): boolean {
    return this.missing > 0 && this.stopTokenIds.length > 0;
  }

  tokens(): Iterable<number> {
    return this.stopTokenIds;
  }

  adjust(): number {
    return Number.NEGATIVE_INFINITY;
  }

  accept(): void {
    this.missing--;
  }
}

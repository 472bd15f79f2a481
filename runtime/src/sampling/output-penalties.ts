import type { LogitsProcessor } from "./logits-processor";

/** OpenAI's frequency and presence penalties: what a token's logit loses for being in the output. */
export class OutputPenalties implements LogitsProcessor {
  readonly isActive: boolean;
  readonly raises: boolean;
  private readonly counts = new Map<number, number>();

  constructor(
    private readonly frequency: number,
    private readonly presence: number,
  ) {
    this.isActive = frequency !== 0 || presence !== 0;
    this.raises = frequency < 0 || presence < 0;
  }

  tokens(): Iterable<number> {
    return this.counts.keys();
  }

  adjust(tokenId: number, logit: number): number {
    return logit - this.frequency * (this.counts.get(tokenId) ?? 0) - this.presence;
  }

  accept(tokenId: number): void {
    if (this.isActive) this.counts.set(tokenId, (this.counts.get(tokenId) ?? 0) + 1);
  }
}

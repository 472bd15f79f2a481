import type { LogitsProcessor } from "./logits-processor";
import type { SamplingParams } from "./sampling-params";

/** Adds to the logits of chosen tokens. */
export class LogitBias implements LogitsProcessor {
  readonly isActive: boolean;
  readonly raises: boolean;
  private readonly biases: ReadonlyMap<number, number>;

  constructor(biases: SamplingParams["logitBias"]) {
    this.biases = new Map(biases);
    this.isActive = this.biases.size > 0;
    this.raises = biases.some(([, bias]) => bias > 0);
  }

  tokens(): Iterable<number> {
    return this.biases.keys();
  }

  adjust(tokenId: number, logit: number): number {
    return logit + (this.biases.get(tokenId) ?? 0);
  }

  accept(): void {}
}

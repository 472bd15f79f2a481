/** The completions that were asked for of one prompt: they run as sequences of their own and end one by one. */
export class Siblings {
  private ended = 0;
  private longest = 0;

  /**
   * @param count completions that were asked for
   * @param maxTokens tokens that each may have
   */
  constructor(
    readonly count: number,
    readonly maxTokens?: number,
  ) {}

  get haveEnded(): boolean {
    return this.ended === this.count;
  }

  /** Tokens of the longest of those that have ended. */
  get longestTokens(): number {
    return this.longest;
  }

  /** One has ended with so many tokens. */
  end(tokens: number): void {
    this.ended++;
    this.longest = Math.max(this.longest, tokens);
  }
}

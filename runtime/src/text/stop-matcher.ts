/** Finds stop strings in text that comes in pieces, and holds back what may be the beginning of one. */
export class StopMatcher {
  private held = "";

  /** @param includesStop the stop string is part of the text */
  constructor(
    private readonly stops: readonly string[],
    private readonly includesStop = false,
  ) {}

  /**
   * Returns the text that may go out. After `stopped` nothing may follow.
   * @param mayStop a stop string that the piece completes ends the text; otherwise one that it begins still may
   */
  push(piece: string, mayStop = true): { text: string; stopped: boolean } {
    const text = this.held + piece;
    const found = mayStop ? this.find(text, this.held.length) : undefined;
    if (found !== undefined) {
      this.held = "";
      return { text: text.slice(0, found), stopped: true };
    }
    const safe = text.length - this.suspects(text);
    this.held = text.slice(safe);
    return { text: text.slice(0, safe), stopped: false };
  }

  /** Returns what was held back when no text follows. */
  flush(): string {
    const text = this.held;
    this.held = "";
    return text;
  }

  /**
   * Where the text ends: at the stop string that is complete first, and of several that are so at once the longest.
   * Not the one that begins first: whether that one follows is not known yet when the text comes letter by letter.
   *
   * @param known length of the text that has been looked at: a stop string that is complete within it did not count
   */
  private find(text: string, known: number): number | undefined {
    let first: { start: number; end: number } | undefined;
    for (const stop of this.stops) {
      const start = text.indexOf(stop, Math.max(0, known - stop.length + 1));
      const end = start + stop.length;
      if (start < 0) continue;
      if (!first || end < first.end || (end === first.end && start < first.start)) first = { start, end };
    }
    return this.includesStop ? first?.end : first?.start;
  }

  /** Length of the longest end of the text that begins a stop string. */
  private suspects(text: string): number {
    const longest = (stop: string) => {
      let length = Math.min(stop.length - 1, text.length);
      while (length > 0 && !stop.startsWith(text.slice(text.length - length))) length--;
      return length;
    };
    return Math.max(0, ...this.stops.map(longest));
  }
}

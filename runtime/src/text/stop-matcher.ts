/** Finds stop strings in text that comes in pieces, and holds back what may be the beginning of one. */
export class StopMatcher {
  private held = "";

  constructor(private readonly stops: readonly string[]) {}

  /** Returns the text that may go out. After `stopped` nothing may follow. */
  push(piece: string): { text: string; stopped: boolean } {
    const text = this.held + piece;
    const found = this.stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    if (found.length > 0) {
      this.held = "";
      return { text: text.slice(0, Math.min(...found)), stopped: true };
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

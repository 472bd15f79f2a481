/** Bytes that are no whole character decode to this. */
const REPLACEMENT = "\ufffd";
/** A character has at most four bytes, so a longer row of these is not the beginning of one. */
const HOPELESS = REPLACEMENT.repeat(4);

/**
 * Turns one sequence's tokens into text as they come. A token may hold half a character, and its text may depend on
 * the token before it, so each piece is the difference of two decodings that start at a token whose text is out.
 */
export class Detokenizer {
  private readonly tokens: number[] = [];
  /** Where decoding starts: a token before `emitted`, so that the first new token has a neighbour. */
  private context = 0;
  /** Tokens whose text is out. */
  private emitted = 0;

  constructor(private readonly decode: (tokenIds: number[]) => string) {}

  /** Returns the text that is complete with this token; it may be empty. */
  push(token: number): string {
    this.tokens.push(token);
    const text = this.pending();
    if (text === "" || (text.endsWith(REPLACEMENT) && !text.endsWith(HOPELESS))) return "";
    this.context = this.emitted;
    this.emitted = this.tokens.length;
    return text;
  }

  /** Returns what is left when no token follows, halves of characters as U+FFFD. */
  flush(): string {
    const text = this.pending();
    this.emitted = this.tokens.length;
    return text;
  }

  private pending(): string {
    const before = this.decode(this.tokens.slice(this.context, this.emitted));
    return this.decode(this.tokens.slice(this.context)).slice(before.length);
  }
}

/** Bytes that are no whole character decode to this. */
const REPLACEMENT = "\ufffd";
/** A character has at most four bytes and a token at least one, so only the last three can hold the beginning of one. */
const UNFINISHED_TOKENS_MAX = 3;

/**
 * Turns one sequence's tokens into text as they come. A token may hold half a character, and its text may depend on
 * the token before it, so each piece is the difference of two decodings that start at a token whose text is out.
 */
export class Detokenizer {
  private readonly tokens: number[];
  /** Where decoding starts: a token before `emitted`, so that the first new token has a neighbour. */
  private context = 0;
  /** Tokens whose text is out. */
  private emitted: number;

  /** @param before the last tokens of the prompt: the first new token's text may depend on them */
  constructor(
    private readonly decode: (tokenIds: number[]) => string,
    before: readonly number[] = [],
  ) {
    this.tokens = [...before];
    this.emitted = before.length;
  }

  /** Returns the text that is complete with this token; it may be empty. */
  push(token: number): string {
    this.tokens.push(token);
    const text = this.textTo(this.tokens.length);
    if (!text.endsWith(REPLACEMENT)) {
      const piece = this.emit(text, this.tokens.length);
      // A token without text, as special ones are, changes nothing that follows; a long row must not be kept.
      if (piece === "") this.tokens.pop();
      return piece;
    }
    const end = this.tokens.length - UNFINISHED_TOKENS_MAX;
    if (end <= this.emitted) return "";
    const settled = this.textTo(end);
    return text.startsWith(settled) ? this.emit(settled, end) : "";
  }

  /** Returns what is left when no token follows, halves of characters as U+FFFD. */
  flush(): string {
    return this.emit(this.textTo(this.tokens.length), this.tokens.length);
  }

  private textTo(end: number): string {
    return this.decode(this.tokens.slice(this.context, end));
  }

  /** @param text what the tokens from the context to `end` decode to */
  private emit(text: string, end: number): string {
    const piece = text.slice(this.textTo(this.emitted).length);
    if (piece === "") return "";
    this.context = this.emitted;
    this.emitted = end;
    return piece;
  }
}

/** Longest and shortest run of last tokens that is looked for earlier in the sequence. */
const NGRAM_MAX = 4;
const NGRAM_MIN = 2;
/** Earlier places, the latest first, among which the one with the longest run is taken. */
const CANDIDATES = 16;
const NOWHERE = -1;

/**
 * Drafts by prompt lookup (https://github.com/apoorvumang/prompt-lookup-decoding): where the sequence's last tokens
 * occur earlier in it, what followed there may follow here.
 *
 * The places of a pair of tokens are chained through an array, as in LZ77: a lookup follows one chain, and a token that
 * is appended costs two writes, however long the sequence is. A map of n-grams would hold an entry per token and length.
 */
export class PromptLookup {
  /** By hash of two tokens: the latest position after such a pair. */
  private latest = new Int32Array(0);
  /** By position: the one before it in the same chain. */
  private earlier = new Int32Array(0);
  /** Positions below it are in their chains. */
  private indexed = NGRAM_MIN;

  /** @param tokens the sequence's, to which more may be appended */
  constructor(private readonly tokens: readonly number[]) {}

  /** At most `count` tokens; none where the last tokens do not occur earlier. */
  propose(count: number): number[] {
    const { tokens } = this;
    if (count < 1 || tokens.length <= NGRAM_MIN) return [];
    this.catchUp();
    let best = NOWHERE;
    let longest = NGRAM_MIN - 1;
    let place = this.latest[this.bucket(tokens.length)];
    for (let seen = 0; seen < CANDIDATES && place !== NOWHERE && longest < NGRAM_MAX; seen++) {
      const length = this.commonRun(place);
      if (length > longest) [longest, best] = [length, place];
      place = this.earlier[place];
    }
    return best === NOWHERE ? [] : this.copy(best, count);
  }

  /** What followed at the place. Where it reaches the sequence's end it goes on with the draft itself: text that repeats does. */
  private copy(place: number, count: number): number[] {
    const draft: number[] = [];
    const { length } = this.tokens;
    for (let offset = 0; offset < count; offset++) {
      const position = place + offset;
      draft.push(position < length ? this.tokens[position] : draft[position - length]);
    }
    return draft;
  }

  /** How many of the tokens before the place are the sequence's last ones. */
  private commonRun(place: number): number {
    const { tokens } = this;
    let length = 0;
    while (
      length < NGRAM_MAX &&
      length < place &&
      tokens[place - 1 - length] === tokens[tokens.length - 1 - length]
    )
      length++;
    return length;
  }

  /** Puts all positions but the sequence's end into their chains. */
  private catchUp(): void {
    if (this.tokens.length > this.earlier.length) this.grow();
    for (; this.indexed < this.tokens.length; this.indexed++) {
      const bucket = this.bucket(this.indexed);
      this.earlier[this.indexed] = this.latest[bucket];
      this.latest[bucket] = this.indexed;
    }
  }

  private grow(): void {
    const size = 2 ** Math.ceil(Math.log2(2 * this.tokens.length));
    this.latest = new Int32Array(size).fill(NOWHERE);
    this.earlier = new Int32Array(size);
    this.indexed = NGRAM_MIN;
  }

  /** Of the two tokens before a position. Others may share it: a run is compared before it counts. */
  private bucket(position: number): number {
    const mixed = Math.imul(this.tokens[position - 2], 0x9e3779b1) ^ this.tokens[position - 1];
    return (Math.imul(mixed, 0x85ebca6b) >>> 8) & (this.latest.length - 1);
  }
}

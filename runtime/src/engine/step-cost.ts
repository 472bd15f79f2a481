/** What a step computed. */
export type StepWork = Readonly<{
  /** Sequences that computed one token each after their first. */
  decodes: number;
  prefillTokens: number;
  draftTokens: number;
}>;

/** Share of a new observation that is above or below what was expected. The machine's noise only ever adds. */
const RISE = 0.1;
const FALL = 0.3;
/** Observations count as at most so many times what was expected, or as little. */
const SURPRISE_MAX = 2;
/** Prefill tokens whose time tells what one costs. */
const TELLING_TOKENS = 16;
/** Share by which a draft token's cost returns to that of a prefill token in a step without drafts. */
const FORGETTING = 0.01;

type Decodes = { count: number; seconds: number };

/**
 * Learns what steps cost on this machine with this model, from the steps themselves: a step that decodes so many
 * sequences, a prefill token, a draft token. A mixed step's surprise changes each part by its share of the step
 * (normalised least mean squares), so that steps of different mixtures tell the parts apart.
 */
export class StepCost {
  /** By log2 of the number of sequences. */
  private readonly decodes: (Decodes | undefined)[] = [];
  private prefill: number | undefined;
  private draft: number | undefined;

  /** Seconds of a step that decodes so many sequences and does nothing else; undefined where nothing is known. */
  decodeSeconds(count: number): number | undefined {
    if (count === 0) return 0;
    const bucket = bucketOf(count);
    for (let distance = 0; distance <= Math.max(bucket, this.decodes.length); distance++) {
      const known = this.decodes[bucket - distance] ?? this.decodes[bucket + distance];
      // More sequences take no less time, and fewer no less per sequence: both err to the short side.
      if (known) return known.seconds * Math.min(1, count / known.count);
    }
    return undefined;
  }

  get prefillTokenSeconds(): number | undefined {
    return this.prefill;
  }

  get draftTokenSeconds(): number | undefined {
    return this.draft ?? this.prefill;
  }

  observe(work: StepWork, seconds: number): void {
    const { decodes, prefillTokens, draftTokens } = work;
    const tokens = decodes + prefillTokens + draftTokens;
    if (tokens === 0 || !(seconds > 0)) return;
    // What a size of its own takes is better known from the first such step than from other sizes.
    const isFirst = decodes === tokens && !this.decodes[bucketOf(decodes)];
    const decode = (isFirst ? undefined : this.decodeSeconds(decodes)) ?? (seconds * decodes) / tokens;
    const prefill = this.prefill ?? seconds / tokens;
    const draft = this.draftTokenSeconds ?? seconds / tokens;
    const parts = { decode, prefill: prefill * prefillTokens, draft: draft * draftTokens };
    const expected = parts.decode + parts.prefill + parts.draft;
    const believed = Math.min(SURPRISE_MAX * expected, Math.max(expected / SURPRISE_MAX, seconds));
    const surprise = (believed > expected ? RISE : FALL) * (believed - expected);
    const squares = parts.decode ** 2 + parts.prefill ** 2 + parts.draft ** 2;
    const factor = (part: number) => 1 + (surprise * part) / squares;
    if (decodes > 0)
      this.decodes[bucketOf(decodes)] = { count: decodes, seconds: decode * factor(parts.decode) };
    // A step costs something before its first token, which a few of them must not be blamed for.
    const telling = Math.min(1, prefillTokens / TELLING_TOKENS);
    if (prefillTokens > 0) this.prefill = prefill * (1 + telling * (factor(parts.prefill) - 1));
    if (draftTokens > 0) this.draft = draft * factor(parts.draft);
    // What is not observed any more must not be believed for ever: drafts would never be tried again.
    else if (this.draft !== undefined && this.prefill !== undefined)
      this.draft += FORGETTING * (this.prefill - this.draft);
  }
}

function bucketOf(count: number): number {
  return Math.floor(Math.log2(count));
}

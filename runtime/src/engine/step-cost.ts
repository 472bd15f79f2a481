/** What a step computed. */
export type StepWork = Readonly<{
  /** Sequences that computed one token each after their first. */
  decodes: number;
  prefillTokens: number;
  draftTokens: number;
}>;

/** How far a step's time may be off by chance, as a share of it. The machine's noise only ever adds. */
const NOISE_ABOVE = 0.3;
const NOISE_BELOW = 0.15;
/** How far what is expected of a step may be off however often it was seen, as a share: machines change. */
const DOUBT_MIN = 0.1;
/** How far a cost may be off that a single step has told, as a share of that step's time. */
const FIRST_DOUBT = 0.5;
/** Observations count as at most so many standard deviations away from what was expected. */
const SURPRISE_MAX = 3;
/** Tokens that cost as much as a step without any, before anything is known. */
const FIXED_TOKENS = 8;
/** Share by which a draft token's cost falls towards that of a prefill token in a step without drafts. */
const FORGETTING = 0.01;
/** No cost is less: others are divided by it. */
const SECONDS_MIN = 1e-9;

/** Places of the costs: of a step whatever it computes, of a sequence that decodes, of a prefill and of a draft token. */
const [FIXED, DECODE, PREFILL, DRAFT] = [0, 1, 2, 3];
const COSTS = 4;

/**
 * Learns what steps cost on this machine with this model, from the steps themselves: so much for any step, and for each
 * sequence that decodes, each prefill token and each draft token.
 *
 * A Kalman filter: beside the costs it holds how far they may be off, together (their covariance), so that a step's
 * surprise changes the doubtful costs. Where no step only decodes, what a prefill token costs is known from prompts that
 * came alone, and the rest of a mixed step must be its decodes. Shared by size alone, a surprise would go to what is
 * thought to be large: a cost that was first thought to be small would stay so, and another would grow in its place.
 */
export class StepCost {
  private readonly seconds = new Float64Array(COSTS);
  private readonly covariance = Array.from({ length: COSTS }, () => new Float64Array(COSTS));
  private readonly isKnown = [false, false, false, false];
  private decodesMax = 0;

  /**
   * Seconds of a step that decodes so many sequences and does nothing else; undefined where nothing is known. For more
   * sequences than ever decoded together it errs to the short side.
   */
  decodeSeconds(count: number): number | undefined {
    if (count === 0) return 0;
    if (!this.isKnown[DECODE]) return undefined;
    return this.seconds[FIXED] + this.seconds[DECODE] * Math.min(count, this.decodesMax);
  }

  get prefillTokenSeconds(): number | undefined {
    return this.isKnown[PREFILL] ? this.seconds[PREFILL] : undefined;
  }

  /** Undefined before the first draft. */
  get draftTokenSeconds(): number | undefined {
    return this.isKnown[DRAFT] ? this.seconds[DRAFT] : undefined;
  }

  observe({ decodes, prefillTokens, draftTokens }: StepWork, seconds: number): void {
    if (decodes + prefillTokens + draftTokens === 0 || !(seconds > 0)) return;
    const units = [1, decodes, prefillTokens, draftTokens];
    this.decodesMax = Math.max(this.decodesMax, decodes);
    this.introduce(units, seconds);
    this.correct(units, seconds);
    // What speaks against drafts must not be believed for ever: they would never be tried again.
    if (
      draftTokens === 0 &&
      this.isKnown[DRAFT] &&
      this.seconds[PREFILL] < this.seconds[DRAFT] &&
      this.isKnown[PREFILL]
    )
      this.seconds[DRAFT] += FORGETTING * (this.seconds[PREFILL] - this.seconds[DRAFT]);
  }

  /** Costs that are not known yet take what the known ones leave of the step. */
  private introduce(units: readonly number[], seconds: number): void {
    const { isKnown } = this;
    if (units[DRAFT] > 0 && !isKnown[DRAFT] && isKnown[PREFILL])
      this.learn(DRAFT, this.seconds[PREFILL], this.seconds[PREFILL]);
    const unknown = units.map((count, cost) => (isKnown[cost] ? 0 : cost === FIXED ? FIXED_TOKENS : count));
    const tokens = unknown.reduce((sum, count) => sum + count, 0);
    const left = Math.max(0, seconds - this.expected(units));
    for (const [cost, count] of unknown.entries())
      if (count > 0)
        this.learn(cost, ((left / tokens) * count) / units[cost], (FIRST_DOUBT * seconds) / units[cost]);
  }

  private learn(cost: number, seconds: number, doubt: number): void {
    this.isKnown[cost] = true;
    this.seconds[cost] = Math.max(SECONDS_MIN, seconds);
    this.covariance[cost][cost] = doubt ** 2;
  }

  /** The step's surprise changes each cost by its share of the doubt, which becomes less. */
  private correct(units: readonly number[], seconds: number): void {
    const expected = this.expected(units);
    const shares = this.covariance.map((row) =>
      units.reduce((sum, count, cost) => sum + row[cost] * count, 0),
    );
    const doubt = shares.reduce((sum, share, cost) => sum + share * units[cost], 0);
    const noise = ((seconds > expected ? NOISE_ABOVE : NOISE_BELOW) * expected) ** 2;
    if (!(doubt > 0)) return;
    const most = SURPRISE_MAX * Math.sqrt(doubt + noise);
    const surprise = Math.min(most, Math.max(-most, seconds - expected)) / (doubt + noise);
    const spent = shares.findIndex(
      (share, cost) => share * surprise < 0 && this.seconds[cost] + share * surprise < SECONDS_MIN,
    );
    if (spent >= 0) {
      // It cannot bear its share: the others must bear it.
      this.settle(spent);
      this.correct(units, seconds);
      this.covariance[spent][spent] = ((DOUBT_MIN * expected) / Math.max(1, units[spent])) ** 2;
      return;
    }
    // Only the doubt about such a step as this is kept from vanishing. Were all costs to become doubtful with time, those
    // that no step tells apart would drift.
    const remaining = Math.max((DOUBT_MIN * expected) ** 2, (doubt * noise) / (doubt + noise));
    const change = (remaining - doubt) / doubt ** 2;
    for (let cost = 0; cost < COSTS; cost++) {
      if (!this.isKnown[cost]) continue;
      this.seconds[cost] = Math.max(SECONDS_MIN, this.seconds[cost] + shares[cost] * surprise);
      for (let other = 0; other < COSTS; other++)
        this.covariance[cost][other] += change * shares[cost] * shares[other];
    }
  }

  /** A cost turns out to be next to nothing, whatever the others are. */
  private settle(cost: number): void {
    this.seconds[cost] = SECONDS_MIN;
    this.covariance[cost].fill(0);
    for (const row of this.covariance) row[cost] = 0;
  }

  private expected(units: readonly number[]): number {
    return units.reduce((sum, count, cost) => sum + count * this.seconds[cost], 0);
  }
}

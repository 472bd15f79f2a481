import type { RankedTokens } from "./best-tokens";
import type { RankedDistribution } from "./ranked-distribution";

/**
 * A distribution of which only the most likely tokens are known, and perhaps the mass of all. It answers only where the
 * whole distribution would give the same answer: not where the mass of all is not known well enough to tell.
 */
export class HeadDistribution implements RankedDistribution {
  private readonly tokenIds: Int32Array;
  /** How many nepers each token lies below the best one. */
  private readonly depths: Float64Array;
  /** Of the tokens up to each one. */
  private readonly masses: Float64Array;

  /**
   * @param mass of all tokens, where it is known
   * @param tolerance how far masses may be off, relatively
   */
  constructor(
    { tokenIds, logits }: RankedTokens,
    temperature: number,
    readonly mass?: number,
    private readonly tolerance = 0,
  ) {
    this.tokenIds = tokenIds;
    this.depths = Float64Array.from(logits, (logit) => (logits[0] - logit) / temperature);
    this.masses = Float64Array.from(this.depths, (depth) => Math.exp(-depth));
    for (let rank = 1; rank < this.masses.length; rank++) this.masses[rank] += this.masses[rank - 1];
  }

  massOfFirst(count: number): number | undefined {
    return this.masses[count - 1];
  }

  massOfHeaviest(weight: number): number | undefined {
    const depth = -Math.log(weight);
    const lighter = this.depths.findIndex((each) => each > depth);
    return this.masses[lighter - 1];
  }

  massReaching(mass: number): number | undefined {
    return this.masses[this.rankAt(mass, (sum) => sum >= mass)];
  }

  tokenAt(mass: number): number | undefined {
    return this.tokenIds[this.rankAt(mass, (sum) => sum > mass)];
  }

  /** Returns a rank that does not exist where the head does not tell. */
  private rankAt(mass: number, isReached: (sum: number) => boolean): number {
    const rank = this.masses.findIndex(isReached);
    const margin = this.tolerance * mass;
    const isClear = (neighbour: number) => Math.abs(this.masses[neighbour] - mass) > margin;
    if (margin > 0 && !(isClear(rank) && (rank === 0 || isClear(rank - 1)))) return -1;
    return rank;
  }
}

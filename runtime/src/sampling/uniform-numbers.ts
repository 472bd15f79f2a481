import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";

/** Uniform numbers in [0, 1) that depend on a seed and on nothing else. */
export class UniformNumbers {
  /**
   * The Mersenne Twister, since xoroshiro's first draws are nearly the same for all small seeds. Its 624 words are made
   * at the first draw: a greedy sequence needs none of them.
   */
  private random: ReturnType<typeof mersenne> | undefined;

  constructor(private readonly seed: number) {}

  next(): number {
    this.random ??= mersenne(fold(this.seed));
    return uniformFloat64(this.random);
  }
}

/** A 32-bit seed that depends on all bits of a larger one. Seeds of up to 32 bits stay what they are. */
function fold(seed: number): number {
  const high = Math.floor(seed / 2 ** 32);
  // The odd factor keeps -1 from falling on 0 and 2 ** 32 on 1.
  return (seed % 2 ** 32) ^ Math.imul(high, 0x9e3779b1);
}

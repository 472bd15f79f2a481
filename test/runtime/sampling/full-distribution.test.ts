import fc from "fast-check";
import { FullDistribution } from "../../../runtime/src/sampling/full-distribution";

const logit = fc.float({ min: -80, max: 80, noNaN: true });
const vocabulary = fc.array(logit, { minLength: 1, maxLength: 70 }).map((each) => Float32Array.from(each));

/** Weights in ranked order, each with an exponential of its own. */
function naiveWeights(logits: Float32Array, temperature: number): { token: number; weight: number }[] {
  const best = Math.max(...logits);
  return Array.from(logits, (each, token) => ({ token, weight: Math.exp((each - best) / temperature) })).sort(
    (a, b) => logits[b.token] - logits[a.token] || a.token - b.token,
  );
}

describe("the distribution over a whole vocabulary", () => {
  test("has the masses that an exponential per token gives", () => {
    fc.assert(
      fc.property(
        vocabulary,
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        fc.nat(69),
        (logits, temperature, last) => {
          const weights = naiveWeights(logits, temperature).map(({ weight }) => weight);
          const distribution = new FullDistribution(logits, temperature);
          const sum = (part: readonly number[]) => part.reduce((a, b) => a + b, 0);
          const first = Math.min(last + 1, logits.length);
          expect(distribution.mass / sum(weights)).toBeCloseTo(1, 10);
          expect(distribution.massOfFirst(first) / sum(weights.slice(0, first))).toBeCloseTo(1, 10);
        },
      ),
    );
  });

  test("ranks as many tokens as weigh something, each with its share of the mass", () => {
    fc.assert(
      fc.property(vocabulary, (logits) => {
        let passed = 0;
        const distribution = new FullDistribution(logits, 1);
        for (const { token, weight } of naiveWeights(logits, 1)) {
          // Where the next double is the same sum, or a token's share is within the series' error, nobody can tell.
          if (weight < 1e-9) break;
          expect(distribution.tokenAt(passed + weight / 2)).toBe(token);
          passed += weight;
        }
      }),
    );
  });

  test("is none where a number is missing or infinite, wherever it stands", () => {
    for (const length of [1, 3, 4, 5, 8, 11])
      for (let place = 0; place < length; place++)
        for (const damage of [Number.NaN, Number.POSITIVE_INFINITY]) {
          const logits = new Float32Array(length).fill(-1);
          logits[place] = damage;
          expect(() => new FullDistribution(logits, 1)).toThrow("logits are not finite");
        }
  });
});

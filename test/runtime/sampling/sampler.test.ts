import fc from "fast-check";
import { Sampler, type ShapingParams } from "../../../runtime/src/sampling/sampler";

const PLAIN: ShapingParams = { temperature: 1, topP: 1, topK: 0, seed: 42 };
const DRAWS = 20_000;

function draws(params: Partial<ShapingParams>, logits: Float32Array, count: number): number[] {
  const sampler = new Sampler({ ...PLAIN, ...params });
  return Array.from({ length: count }, () => Number(sampler.choose({ kind: "all", logits })?.tokenId));
}

/** The logits whose softmax is this. */
const logitsOf = (...probabilities: number[]) => Float32Array.from(probabilities, Math.log);

/**
 * Pearson's statistic of the draws against the probabilities. With five tokens it exceeds 18.5 once in a thousand
 * seeds; the seeds are fixed, so that it either does or does not.
 */
function chiSquare(tokens: readonly number[], probabilities: readonly number[]): number {
  return probabilities.reduce((sum, probability, token) => {
    const seen = tokens.filter((drawn) => drawn === token).length;
    const expected = probability * tokens.length;
    if (expected === 0) return seen === 0 ? sum : Number.POSITIVE_INFINITY;
    return sum + (seen - expected) ** 2 / expected;
  }, 0);
}

const PROBABILITIES = [0.05, 0.4, 0.1, 0.25, 0.2];
const LOGITS = logitsOf(...PROBABILITIES);

function normalised(weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

describe("a sampler draws from", () => {
  test.each([
    ["the softmax of the logits", {}, PROBABILITIES],
    [
      "a sharper one at a low temperature",
      { temperature: 0.5 },
      normalised(PROBABILITIES.map((p) => p ** 2)),
    ],
    ["a flatter one at a high temperature", { temperature: 2 }, normalised(PROBABILITIES.map(Math.sqrt))],
    ["the top k alone", { topK: 3 }, normalised([0, 0.4, 0, 0.25, 0.2])],
    ["all of them where k exceeds their number", { topK: 9 }, PROBABILITIES],
    ["the smallest set that sums to at least p", { topP: 0.7 }, normalised([0, 0.4, 0, 0.25, 0.2])],
    ["the best one at least", { topP: 0.01 }, [0, 1, 0, 0, 0]],
    // Of the top 3, renormalised, 0.4 / 0.85 and 0.25 / 0.85 reach 0.75; of all, 0.4 and 0.25 would not.
    ["the top p of the renormalised top k", { topK: 3, topP: 0.75 }, normalised([0, 0.4, 0, 0.25, 0])],
    // At this temperature the best two have 0.76 of the mass, without it 0.65.
    [
      "the top p as the temperature leaves it",
      { topP: 0.7, temperature: 0.5 },
      normalised([0, 0.16, 0, 0.0625, 0]),
    ],
  ] as const)("%s", (_, params, expected) => {
    expect(chiSquare(draws(params, LOGITS, DRAWS), expected)).toBeLessThan(18.5);
  });

  test("another distribution, and the check sees it", () => {
    const skewed = [0.05, 0.42, 0.1, 0.23, 0.2];
    expect(chiSquare(draws({}, logitsOf(...skewed), DRAWS), PROBABILITIES)).toBeGreaterThan(18.5);
  });

  test("the tokens that are not forbidden", () => {
    const logits = Float32Array.of(Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY, 0);
    for (const params of [{}, { topK: 3 }, { topP: 0.999 }])
      expect(new Set(draws(params, logits, 200))).toEqual(new Set([1, 3]));
  });

  test("the lower ids where several tie for the last places", () => {
    const logits = Float32Array.of(1, 1, 1, 1);
    expect(new Set(draws({ topK: 2 }, logits, 200))).toEqual(new Set([0, 1]));
    expect(new Set(draws({ topP: 0.75 }, logits, 200))).toEqual(new Set([0, 1, 2]));
  });

  test("large logits without overflow", () => {
    const logits = Float32Array.from(LOGITS, (logit) => logit + 10_000);
    expect(chiSquare(draws({}, logits, DRAWS), PROBABILITIES)).toBeLessThan(18.5);
  });
});

describe("a sampler", () => {
  test.each([
    [0, "best"],
    [0.01, "all"],
    [1, "all"],
  ])("at temperature %p wants %p", (temperature, kind) => {
    expect(new Sampler({ ...PLAIN, temperature }).wants).toEqual({ kind });
  });

  test("takes the best token where only that one is kept", () => {
    expect(draws({ topK: 1, temperature: 2 }, LOGITS, 50)).toEqual(new Array(50).fill(1));
  });

  test("takes the best token at a temperature next to zero", () => {
    expect(draws({ temperature: 1e-300 }, LOGITS, 50)).toEqual(new Array(50).fill(1));
  });

  test("draws one random number per token, whatever the shape, so that later tokens do not depend on it", () => {
    const drawnAfter = (params: Partial<ShapingParams>) => {
      const shaping = { ...PLAIN, ...params };
      const sampler = new Sampler(shaping);
      for (let index = 0; index < 10; index++) sampler.choose({ kind: "all", logits: LOGITS });
      (shaping as { topK: number }).topK = 0;
      (shaping as { topP: number }).topP = 1;
      return Array.from({ length: 20 }, () => sampler.choose({ kind: "all", logits: LOGITS }));
    };
    expect(drawnAfter({ topK: 2 })).toEqual(drawnAfter({}));
    expect(drawnAfter({ topP: 0.5 })).toEqual(drawnAfter({}));
  });

  test("draws the same tokens for the same seed", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (seed) => {
        expect(draws({ seed }, LOGITS, 20)).toEqual(draws({ seed }, LOGITS, 20));
      }),
    );
  });

  test.each([
    ["the lowest bit", 6, 7],
    ["the bit above 32", 7, 7 + 2 ** 32],
    ["the highest bit", 7, 7 + 2 ** 52],
    ["the sign", 7, -7],
    ["the halves they stand in", 1, 2 ** 32],
    ["being next to zero", 0, -1],
  ])("draws other tokens for seeds that differ in %s", (_, one, other) => {
    expect(draws({ seed: one }, LOGITS, 40)).not.toEqual(draws({ seed: other }, LOGITS, 40));
  });

  test("draws unrelated first tokens for neighbouring seeds", () => {
    const first = Array.from({ length: DRAWS }, (_, seed) => draws({ seed }, LOGITS, 1)[0]);
    expect(chiSquare(first, PROBABILITIES)).toBeLessThan(18.5);
  });
});

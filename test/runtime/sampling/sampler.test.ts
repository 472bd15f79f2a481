import fc from "fast-check";
import { Sampler, type SamplerParams } from "../../../runtime/src/sampling/sampler";
import type { SampledToken, TokenScores } from "../../../runtime/src/sampling/token-scores";
import { UniformNumbers } from "../../../runtime/src/sampling/uniform-numbers";
import { naiveChoice, topScores } from "../../support/naive-sampler";
import { greedy } from "../../support/sequences";

const PLAIN: SamplerParams = { ...greedy, temperature: 1, seed: 42 };
const DRAWS = 20_000;

const samplerOf = (params: Partial<SamplerParams>, prompt: readonly number[] = []) =>
  new Sampler({ ...PLAIN, ...params }, prompt);

/** The token chosen from all scores. */
function choose(sampler: Sampler, logits: Float32Array): SampledToken {
  const token = sampler.choose({ kind: "all", logits });
  if (!token) throw new Error("all scores must suffice");
  return token;
}

function draws(params: Partial<SamplerParams>, logits: Float32Array, count: number): number[] {
  const sampler = samplerOf(params);
  return Array.from({ length: count }, () => choose(sampler, logits).tokenId);
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
    [
      "the tokens of at least a share of the best one's probability",
      { minP: 0.45 },
      normalised([0, 0.4, 0, 0.25, 0.2]),
    ],
    ["what the smaller cut leaves", { minP: 0.3, topK: 2 }, normalised([0, 0.4, 0, 0.25, 0])],
    // 0.4 / 0.85 and 0.25 / 0.85 reach 0.75.
    ["the top p of what min p leaves", { minP: 0.45, topP: 0.75 }, normalised([0, 0.4, 0, 0.25, 0])],
    // 0.25 has 0.39 of the best one's at this temperature, 0.2 has 0.25.
    [
      "the shares as the temperature leaves them",
      { minP: 0.3, temperature: 0.5 },
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
    for (const params of [{}, { topK: 3 }, { topP: 0.999 }, { minP: 0.1 }])
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

/** Logits of a made-up model: some flat, some peaked, with ties. */
const vocabularies = fc
  .record({
    size: fc.integer({ min: 1, max: 300 }),
    spread: fc.constantFrom(0.5, 3, 20),
    ties: fc.boolean(),
    seed: fc.integer(),
  })
  .map(({ size, spread, ties, seed }) => {
    const uniforms = new UniformNumbers(seed);
    return Float32Array.from({ length: size }, () => {
      const logit = (uniforms.next() + uniforms.next() - 1) * spread;
      return ties ? Math.round(logit) : logit;
    });
  });

const settings = fc.record({
  temperature: fc.constantFrom(0, 0.02, 0.3, 0.8, 1, 2),
  topP: fc.constantFrom(1, 0.999, 0.9, 0.5, 0.01),
  topK: fc.constantFrom(0, 1, 3, 20, 64, 65, 200),
  minP: fc.constantFrom(0, 1e-30, 0.001, 0.05, 0.5, 1),
  logprobs: fc.constantFrom(undefined, 0, 5, 20),
  seed: fc.nat(),
});

const noAdjustments = {
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  minTokens: 0,
  bias: 0,
};
const lowering = fc.record({
  repetitionPenalty: fc.constantFrom(1, 1.2, 2),
  frequencyPenalty: fc.constantFrom(0, 0.3, 2),
  presencePenalty: fc.constantFrom(0, 0.5),
  minTokens: fc.constantFrom(0, 3),
  bias: fc.constant(0),
});
const anyAdjustments = fc.record({
  repetitionPenalty: fc.constantFrom(1, 0.8, 2),
  frequencyPenalty: fc.constantFrom(0, 2, -1),
  presencePenalty: fc.constantFrom(0, 0.5, -0.5),
  minTokens: fc.constantFrom(0, 3),
  bias: fc.constantFrom(0, -100, -1, 3),
});
const adjustments = fc.oneof(fc.constant(noAdjustments), lowering, anyAdjustments);

const withAdjustments = (
  shaping: Partial<SamplerParams>,
  { bias, ...penalties }: { bias: number } & Partial<SamplerParams>,
): SamplerParams => ({
  ...PLAIN,
  ...shaping,
  ...penalties,
  stopTokenIds: [0, 2],
  logitBias: bias === 0 ? [] : [[1, bias] as const, [4, -bias] as const],
});

/** The chosen token, and the most likely ones where they are told. */
const idsOf = ({ tokenId, logprob, topLogprobs }: SampledToken) => [
  tokenId,
  logprob !== undefined,
  topLogprobs?.map((top) => top.tokenId),
];

/** Between the log probabilities of two choices of the same token. */
function largestDifference(one: SampledToken, other: SampledToken): number {
  const values = ({ logprob = 0, topLogprobs = [] }: SampledToken) => [
    logprob,
    ...topLogprobs.map((top) => top.logprob),
  ];
  const others = values(other);
  return Math.max(...values(one).map((value, index) => Math.abs(value - others[index])));
}

describe("a sampler", () => {
  test("chooses what a naive one does, and describes it as that one does", () => {
    fc.assert(
      fc.property(vocabularies, settings, adjustments, (vocabulary, shaping, adjusted) => {
        // Of the few tokens of a small vocabulary all could be forbidden.
        fc.pre(vocabulary.length > 5);
        const params = withAdjustments(shaping, adjusted);
        const prompt = [1, 3, 3, 5];
        const sampler = new Sampler(params, prompt);
        const uniforms = new UniformNumbers(params.seed);
        const output: number[] = [];
        for (let step = 0; step < 6; step++) {
          const logits = vocabulary.map((logit, token) => logit + Math.sin(token * step));
          const expected = naiveChoice(params, prompt, output, logits, uniforms.next());
          const token = choose(sampler, logits);
          expect(idsOf(token)).toEqual(idsOf(expected));
          expect(largestDifference(token, expected)).toBeLessThan(1e-9);
          output.push(token.tokenId);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("chooses the same from what it wants as from all scores", () => {
    let fromTop = 0;
    fc.assert(
      fc.property(vocabularies, settings, adjustments, (vocabulary, shaping, adjusted) => {
        fc.pre(vocabulary.length > 5);
        const params = withAdjustments(shaping, adjusted);
        const [thrifty, lavish] = [new Sampler(params, [1, 3]), new Sampler(params, [1, 3])];
        for (let step = 0; step < 6; step++) {
          const logits = vocabulary.map((logit, token) => logit + Math.sin(token * step));
          const give = (): TokenScores => {
            const { wants } = thrifty;
            if (wants.kind === "best")
              return { kind: "best", tokenId: logits.indexOf(Math.max(...logits)), logit: 0 };
            if (wants.kind === "top") return topScores(logits, wants.temperature);
            return { kind: "all", logits };
          };
          const first = give();
          const token = thrifty.choose(first) ?? thrifty.choose(give());
          const expected = choose(lavish, logits);
          if (!token) throw new Error("all scores must suffice");
          expect(idsOf(token)).toEqual(idsOf(expected));
          expect(largestDifference(token, expected)).toBeLessThan(1e-4);
          if (first.kind === "top" && thrifty.wants.kind === "top") fromTop++;
        }
      }),
      { numRuns: 300 },
    );
    expect(fromTop).toBeGreaterThan(300);
  });

  test("takes the best token where only that one is kept", () => {
    expect(draws({ topK: 1, temperature: 2 }, LOGITS, 50)).toEqual(new Array(50).fill(1));
    expect(draws({ minP: 1, temperature: 2 }, LOGITS, 50)).toEqual(new Array(50).fill(1));
  });

  test("takes the best token at a temperature next to zero", () => {
    expect(draws({ temperature: 1e-300 }, LOGITS, 50)).toEqual(new Array(50).fill(1));
    expect(draws({ temperature: 1e-300, topK: 3 }, LOGITS, 50)).toEqual(new Array(50).fill(1));
  });

  test("draws one random number per token, whatever the shape, so that later tokens do not depend on it", () => {
    const afterTen = (params: Partial<SamplerParams>) => {
      const sampler = samplerOf(params);
      for (let index = 0; index < 10; index++) choose(sampler, LOGITS);
      // Of two equal tokens every one of these shapes keeps both.
      return Array.from({ length: 40 }, () => choose(sampler, Float32Array.of(0, 0)).tokenId);
    };
    const plain = afterTen({});
    expect(new Set(plain)).toEqual(new Set([0, 1]));
    for (const params of [{ topK: 2 }, { topP: 0.9 }, { minP: 0.5 }, { temperature: 0.3 }])
      expect(afterTen(params)).toEqual(plain);
  });

  test("keeps the number that it drew while the scores do not suffice", () => {
    const flat = Float32Array.from({ length: 1_000 }, (_, token) => Math.sin(token));
    const sampler = samplerOf({});
    const uniforms = new UniformNumbers(PLAIN.seed);
    for (let index = 0; index < 50; index++) {
      const expected = naiveChoice(PLAIN, [], [], flat, uniforms.next());
      expect(sampler.choose(topScores(flat, 1)) ?? choose(sampler, flat)).toEqual(expected);
    }
  });

  test("draws the same tokens for the same seed", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (seed) => {
        expect(draws({ seed }, LOGITS, 20)).toEqual(draws({ seed }, LOGITS, 20));
      }),
    );
  });

  test("draws the same tokens whatever samplers beside it do", () => {
    const alone = draws({ seed: 5, topP: 0.9 }, LOGITS, 30);
    const sampler = samplerOf({ seed: 5, topP: 0.9 });
    const others = Array.from({ length: 8 }, (_, seed) =>
      samplerOf({ seed, topP: 0.3 * (seed % 4) || 1, frequencyPenalty: seed / 4, logprobs: seed }),
    );
    const among = Array.from({ length: 30 }, () => {
      for (const other of others)
        choose(
          other,
          LOGITS.map((logit) => -logit),
        );
      return choose(sampler, LOGITS).tokenId;
    });
    expect(among).toEqual(alone);
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

describe("a sampler wants", () => {
  test.each<[string, Partial<SamplerParams>]>([
    ["greedy choice", {}],
    ["greedy choice after the minimum of no tokens", { minTokens: 0, stopTokenIds: [1] }],
    ["greedy choice whatever shapes samples", { topK: 5, topP: 0.5, minP: 0.1 }],
  ])("the best token for %s", (_, params) => {
    expect(samplerOf({ temperature: 0, ...params }).wants).toEqual({ kind: "best" });
  });

  test.each<[string, Partial<SamplerParams>, number]>([
    ["plain sampling", { temperature: 0.7 }, 0.7],
    ["a nucleus", { topP: 0.9 }, 1],
    ["few best tokens", { topK: 64 }, 1],
    ["few best tokens, some made less likely", { topK: 20, repetitionPenalty: 1.1 }, 1],
    ["the tokens above a share", { minP: 0.1, presencePenalty: 1 }, 1],
    ["log probabilities", { logprobs: 5 }, 1],
    ["greedy choice with log probabilities", { temperature: 0, logprobs: 0 }, 1],
    ["greedy choice with penalties", { temperature: 0, frequencyPenalty: 1 }, 1],
    ["greedy choice that may not end yet", { temperature: 0, minTokens: 2, stopTokenIds: [1] }, 1],
  ])("the top for %s", (_, params, temperature) => {
    expect(samplerOf(params).wants).toEqual({ kind: "top", temperature });
  });

  test.each<[string, Partial<SamplerParams>]>([
    ["many best tokens", { topK: 65 }],
    ["plain sampling with penalties", { presencePenalty: 1 }],
    ["a nucleus with penalties", { topP: 0.9, repetitionPenalty: 1.1 }],
    ["tokens that are made more likely", { topK: 5, logitBias: [[7, 1]] }],
    ["greedy choice among such", { temperature: 0, repetitionPenalty: 0.9 }],
    ["more log probabilities than the top has", { logprobs: 65 }],
    ["a temperature too low for 32 bits", { temperature: 0.005 }],
  ])("all for %s", (_, params) => {
    expect(samplerOf(params).wants).toEqual({ kind: "all" });
  });

  test("the best token as soon as the sequence may end", () => {
    const sampler = samplerOf({ temperature: 0, minTokens: 2, stopTokenIds: [1] });
    expect([choose(sampler, LOGITS).tokenId, sampler.wants.kind]).toEqual([3, "top"]);
    expect([choose(sampler, LOGITS).tokenId, sampler.wants.kind]).toEqual([3, "best"]);
    expect(choose(sampler, LOGITS).tokenId).toBe(1);
  });

  test("all after the top did not suffice, each time for longer", () => {
    const flat = new Float32Array(10_000);
    const sampler = samplerOf({});
    const turns = [1, 2, 3].map(() => {
      while (sampler.choose(topScores(flat, 1)));
      let turns = 0;
      for (; sampler.wants.kind === "all"; turns++) choose(sampler, flat);
      return turns;
    });
    expect(turns).toEqual([16, 32, 64]);
  });
});

describe("logits that are no distribution are an error", () => {
  const damaged = [
    ["a NaN", Float32Array.of(1, Number.NaN, 2)],
    ["no finite one", new Float32Array(3).fill(Number.NEGATIVE_INFINITY)],
    ["an infinite one", Float32Array.of(1, Number.POSITIVE_INFINITY, 2)],
  ] as const;
  const ways = [{}, { temperature: 0 }, { topK: 2 }, { topP: 0.5 }, { minP: 0.1 }, { logprobs: 1 }];

  test.each(damaged)("with %s", (_, logits) => {
    for (const params of ways) {
      expect(() => choose(samplerOf(params), logits)).toThrow("the model's logits are not finite");
      const top = topScores(logits, 1);
      expect(() => samplerOf(params).choose(top)).toThrow("the model's logits are not finite");
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("with %d as the best one", (logit) => {
    const sampler = samplerOf({ temperature: 0 });
    expect(() => sampler.choose({ kind: "best", tokenId: 0, logit })).toThrow("logits are not finite");
  });
});

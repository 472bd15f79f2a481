import fc from "fast-check";
import { bestTokens } from "../../../runtime/src/sampling/best-tokens";
import { rank } from "../../support/naive-sampler";

const best = (count: number, ...logits: number[]) => [
  ...bestTokens(Float32Array.from(logits), count).tokenIds,
];

describe("the best tokens", () => {
  test("come from the highest logit down", () => {
    expect(best(3, 0.5, -1, 3, 2)).toEqual([2, 3, 0]);
  });

  test("are the lower ids among those that tie", () => {
    expect(best(4, 1, 2, 1, 2, 1)).toEqual([1, 3, 0, 2]);
    expect(best(2, 0, -0, 0)).toEqual([0, 1]);
  });

  test("are all of them where more are asked for", () => {
    expect(best(9, 1, 2)).toEqual([1, 0]);
  });

  test("are the ones that sorting gives, with their logits", () => {
    // Few different logits, so that ties are common; infinite ones as a processor that forbids tokens leaves them.
    const logit = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.constant(Number.NEGATIVE_INFINITY),
    );
    fc.assert(
      fc.property(fc.array(logit, { maxLength: 60 }), fc.integer({ min: 1, max: 70 }), (values, count) => {
        const logits = Float32Array.of(0, ...values);
        const expected = rank(logits).slice(0, count);
        const { tokenIds, logits: bestLogits } = bestTokens(logits, count);
        expect([...tokenIds]).toEqual(expected);
        expect(bestLogits).toEqual(Float32Array.from(expected, (token) => logits[token]));
      }),
    );
  });

  test.each([
    ["one is no number", [1, 2, Number.NaN]],
    ["none is finite", [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ["the best is infinite", [1, Number.POSITIVE_INFINITY]],
  ])("are none where %s", (_, logits) => {
    expect(() => best(1, ...logits)).toThrow("logits are not finite");
    expect(() => best(2, ...logits)).toThrow("logits are not finite");
  });
});

import fc from "fast-check";
import { BestFirst } from "../../../runtime/src/sampling/best-first";

const bestFirst = (...logits: number[]) => new BestFirst(Float32Array.from(logits));

describe("the order from the best token down", () => {
  test("goes by logit", () => {
    expect([...bestFirst(0.5, -1, 3, 2)]).toEqual([2, 3, 0, 1]);
  });

  test("breaks ties by the lower id", () => {
    expect([...bestFirst(1, 2, 1, 2, 1)]).toEqual([1, 3, 0, 2, 4]);
    expect([...bestFirst(0, -0, 0)]).toEqual([0, 1, 2]);
  });

  test("is empty for no logits", () => {
    expect([...bestFirst()]).toEqual([]);
  });

  test("gives as many as are asked for, at most all, and goes on from there", () => {
    const order = bestFirst(0.5, -1, 3, 2);
    expect(order.take(0)).toEqual([]);
    expect(order.take(2)).toEqual([2, 3]);
    expect(order.take(9)).toEqual([0, 1]);
    expect(order.take(1)).toEqual([]);
  });

  test("is the one that sorting gives", () => {
    // Few different logits, so that ties are common; infinite ones as a processor that forbids tokens would leave them.
    const logit = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.float({ noNaN: true }),
      fc.constant(Number.NEGATIVE_INFINITY),
    );
    fc.assert(
      fc.property(fc.array(logit, { maxLength: 60 }), fc.nat(70), (values, count) => {
        const logits = Float32Array.from(values);
        const sorted = [...logits.keys()].sort((a, b) => {
          if (logits[a] === logits[b]) return a - b;
          return logits[a] > logits[b] ? -1 : 1;
        });
        expect([...new BestFirst(logits)]).toEqual(sorted);
        expect(new BestFirst(logits).take(count)).toEqual(sorted.slice(0, count));
      }),
    );
  });
});

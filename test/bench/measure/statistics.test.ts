import { median, medians, quantile } from "../../../bench/measure/statistics";

describe("a quantile", () => {
  test("lies between its neighbours in proportion, whatever the order of the values", () => {
    expect(quantile([40, 10, 30, 20], 0.5)).toBe(25);
    expect(quantile([40, 10, 30, 20], 0)).toBe(10);
    expect(quantile([40, 10, 30, 20], 1)).toBe(40);
    expect(quantile([0, 100], 0.99)).toBeCloseTo(99);
  });

  test("of one value is that value, of none is not a number", () => {
    expect(median([7])).toBe(7);
    expect(median([])).toBeNaN();
  });
});

test("repetitions are summed up figure by figure", () => {
  const runs = [
    { rate: 1, time: 30 },
    { rate: 3, time: 10 },
    { rate: 2, time: 20 },
  ];
  expect(medians(runs)).toEqual({ rate: 2, time: 20 });
});

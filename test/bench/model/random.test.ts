import { normals, poissonArrivals, random, randomPrompt } from "../../../bench/model/random";

describe("random numbers of a seed", () => {
  test("are the same at every run and others for another seed", () => {
    const draw = (seed: number) => Array.from({ length: 4 }, random(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test("spread evenly over 0 to 1", () => {
    const next = random(3);
    const counts = new Array(10).fill(0);
    for (let draw = 0; draw < 100_000; draw++) counts[Math.floor(next() * 10)]++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  test("as normals have the mean and the deviation that are asked for", () => {
    const values = normals(random(4), 100_001, 0.5);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0, 2);
    expect(Math.sqrt(variance)).toBeCloseTo(0.5, 2);
  });

  test("as prompts keep out of the reserved tokens and within the vocabulary", () => {
    const prompt = randomPrompt(random(5), 10_000, 40, 30);
    expect([Math.min(...prompt), Math.max(...prompt)]).toEqual([30, 39]);
  });

  test("as arrivals come at the rate, and as irregularly as a Poisson process", () => {
    const arrivals = poissonArrivals(random(6), 4, 40_000);
    const gaps = arrivals.map((at, index) => at - (arrivals[index - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
    expect(mean).toBeCloseTo(0.25, 2);
    expect(Math.sqrt(variance)).toBeCloseTo(0.25, 2);
  });
});

import { waveFigures } from "../../../bench/measure/wave-figures";

const sequence = (startedMs: number, tokenTimesMs: readonly number[]) => ({
  startedMs,
  tokenTimesMs,
  tokenIds: tokenTimesMs.map((_, index) => index),
});

describe("a wave of sequences", () => {
  const figures = waveFigures([
    sequence(1000, [1100, 1200, 1300, 1400, 1500]),
    sequence(1000, [1200, 1300, 1400, 1500, 2000]),
  ]);

  test("puts out its tokens from the first start to the last token", () => {
    expect(figures.outputRate).toBe(10);
  });

  test("decodes from when the last sequence has begun to when the first has ended", () => {
    // From 1200 to 1500: at 1300, 1400 and 1500 two tokens each.
    expect(figures.decodeRate).toBeCloseTo(20);
  });

  test("has no decode rate where a sequence ends before another begins", () => {
    expect(waveFigures([sequence(0, [10, 20]), sequence(0, [30, 40])]).decodeRate).toBeNaN();
  });

  test("counts the time to the first token from the prompt, and the others from token to token", () => {
    expect(figures.ttftMsP50).toBe(150);
    expect(figures.interTokenMsP50).toBe(100);
    expect(figures.interTokenMsP99).toBeGreaterThan(450);
  });
});

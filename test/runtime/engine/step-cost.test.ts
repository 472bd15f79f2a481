import { StepCost } from "../../../runtime/src/engine/step-cost";

const decodes = (count: number) => ({ decodes: count, prefillTokens: 0, draftTokens: 0 });
const prefill = (count: number) => ({ decodes: 0, prefillTokens: count, draftTokens: 0 });

describe("what steps cost", () => {
  test("is unknown until one was observed", () => {
    const cost = new StepCost();
    expect([cost.decodeSeconds(1), cost.prefillTokenSeconds, cost.draftTokenSeconds]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("is guessed from the first step, whatever it computed", () => {
    const cost = new StepCost();
    cost.observe(prefill(100), 0.208);
    expect(cost.prefillTokenSeconds).toBeCloseTo(0.002);
    expect(cost.decodeSeconds(4)).toBeCloseTo(0.016);
    expect(cost.draftTokenSeconds).toBeCloseTo(0.002);
  });

  /** 5 ms a step, 1.5 ms a sequence, 1 ms a token. */
  const seconds = (sequences: number, tokens: number) => 0.005 + 0.0015 * sequences + 0.001 * tokens;

  test("comes close to the truth once steps differ", () => {
    const cost = new StepCost();
    for (let step = 0; step < 40; step++) {
      cost.observe(prefill(400), seconds(0, 400));
      cost.observe(decodes(16), seconds(16, 0));
      cost.observe(decodes(2), seconds(2, 0));
    }
    for (const count of [1, 4, 16, 32])
      expect(Number(cost.decodeSeconds(count)) / seconds(count, 0)).toBeCloseTo(1, 1);
    expect(cost.prefillTokenSeconds).toBeCloseTo(0.001, 4);
  });

  test("stays close to it while all steps decode and prefill at once, however long that lasts", () => {
    const cost = new StepCost();
    cost.observe(prefill(400), seconds(0, 400));
    for (let step = 0; step < 20; step++) cost.observe(decodes(16), seconds(16, 0));
    for (let step = 0; step < 5_000; step++) {
      const [count, tokens] = [6 + (step % 3), 16 + (step % 2)];
      const work = { decodes: count, prefillTokens: tokens, draftTokens: 0 };
      cost.observe(work, seconds(count, tokens) * (1 + (0.1 * ((step * 37) % 101)) / 101));
    }
    for (const count of [6, 16])
      expect(Math.abs(Number(cost.decodeSeconds(count)) / seconds(count, 0) - 1)).toBeLessThan(0.25);
    expect(Math.abs(Number(cost.prefillTokenSeconds) / 0.001 - 1)).toBeLessThan(0.25);
  });

  test("follows a machine that becomes slower, and is not thrown off by one slow step", () => {
    const cost = new StepCost();
    for (let step = 0; step < 50; step++) cost.observe(decodes(8), 0.01);
    cost.observe(decodes(8), 5);
    expect(cost.decodeSeconds(8)).toBeLessThan(0.013);
    for (let step = 0; step < 100; step++) cost.observe(decodes(8), 0.02);
    expect(cost.decodeSeconds(8)).toBeCloseTo(0.02, 3);
  });

  test("of drafts returns to that of prefills while there are none", () => {
    const cost = new StepCost();
    cost.observe(decodes(1), 0.005);
    cost.observe(prefill(100), 0.1);
    for (let step = 0; step < 50; step++)
      cost.observe({ decodes: 1, prefillTokens: 0, draftTokens: 4 }, 0.05);
    expect(cost.draftTokenSeconds).toBeGreaterThan(0.003);
    for (let step = 0; step < 500; step++) cost.observe(decodes(1), 0.005);
    expect(cost.draftTokenSeconds).toBeCloseTo(0.001, 3);
  });

  test("is not learned from a step that computed nothing or took no time", () => {
    const cost = new StepCost();
    cost.observe(prefill(0), 1);
    cost.observe(decodes(1), 0);
    expect([cost.decodeSeconds(1), cost.prefillTokenSeconds]).toEqual([undefined, undefined]);
  });
});

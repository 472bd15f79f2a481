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

  test("is what the first observation says", () => {
    const cost = new StepCost();
    cost.observe(decodes(4), 0.01);
    cost.observe(prefill(100), 0.2);
    expect(cost.decodeSeconds(4)).toBeCloseTo(0.01);
    expect(cost.prefillTokenSeconds).toBeCloseTo(0.002);
    expect(cost.draftTokenSeconds).toBeCloseTo(0.002);
  });

  test("is taken from the nearest size, and never for more than was observed", () => {
    const cost = new StepCost();
    cost.observe(decodes(4), 0.01);
    expect(cost.decodeSeconds(1)).toBeCloseTo(0.0025);
    expect(cost.decodeSeconds(64)).toBeCloseTo(0.01);
    cost.observe(decodes(32), 0.05);
    expect(cost.decodeSeconds(64)).toBeCloseTo(0.05);
    expect(cost.decodeSeconds(5)).toBeCloseTo(0.01);
  });

  test("comes close to what steps of all kinds cost, mixed ones alone among them", () => {
    const cost = new StepCost();
    cost.observe(prefill(500), 1);
    for (let step = 0; step < 300; step++)
      cost.observe(
        { decodes: 16, prefillTokens: step % 2 ? 100 : 20, draftTokens: 0 },
        step % 2 ? 0.13 : 0.05,
      );
    expect(cost.decodeSeconds(16)).toBeGreaterThan(0.02);
    expect(cost.decodeSeconds(16)).toBeLessThan(0.045);
    expect(cost.prefillTokenSeconds).toBeGreaterThan(0.0007);
    expect(cost.prefillTokenSeconds).toBeLessThan(0.0013);
  });

  test("follows a machine that becomes slower, and is not thrown off by one slow step", () => {
    const cost = new StepCost();
    for (let step = 0; step < 50; step++) cost.observe(decodes(8), 0.01);
    cost.observe(decodes(8), 5);
    expect(cost.decodeSeconds(8)).toBeLessThan(0.012);
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

import fc from "fast-check";
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
    expect(cost.draftTokenSeconds).toBeUndefined();
  });

  test("grows with the sequences, and not beyond as many as were observed", () => {
    const cost = new StepCost();
    for (let step = 0; step < 20; step++) {
      cost.observe(decodes(4), 0.01);
      cost.observe(decodes(32), 0.052);
    }
    expect(cost.decodeSeconds(4)).toBeCloseTo(0.01, 3);
    expect(cost.decodeSeconds(16)).toBeCloseTo(0.028, 3);
    expect(cost.decodeSeconds(32)).toBeCloseTo(0.052, 3);
    expect(cost.decodeSeconds(64)).toBeCloseTo(0.052, 3);
    expect(cost.decodeSeconds(0)).toBe(0);
  });

  /** Seconds of a step on a machine whose steps take 6 ms, 0.9 ms for each sequence and 0.65 ms for each token. */
  const truth = (count: number, tokens: number) => (6 + 0.9 * count + 0.65 * tokens) / 1000;
  const mixed = (count: number, prefillTokens: number) => ({ decodes: count, prefillTokens, draftTokens: 0 });
  const shareOfTruth = (cost: StepCost, count: number) => [
    Number(cost.decodeSeconds(count)) / truth(count, 0),
    Number(cost.prefillTokenSeconds) / 0.00065,
  ];

  test("stays known through many steps that are all mixed, however the number of sequences changes", () => {
    const cost = new StepCost();
    for (const count of [1, 4, 16, 32]) {
      cost.observe(prefill(100), truth(0, 100));
      for (let step = 0; step < 20; step++) cost.observe(decodes(count), truth(count, 0));
    }
    for (let step = 0; step < 2_000; step++) {
      const count = 7 + (step % 10);
      cost.observe(mixed(count, 16), truth(count, 16));
    }
    for (const share of shareOfTruth(cost, 12)) expect(Math.abs(share - 1)).toBeLessThan(0.1);
  });

  test("becomes known where no step only decodes", () => {
    const cost = new StepCost();
    for (let step = 0; step < 200; step++)
      if (step % 10 < 2) cost.observe(prefill(256), truth(0, 256));
      else cost.observe(mixed(1 + (step % 2), 16), truth(1 + (step % 2), 16));
    for (const share of shareOfTruth(cost, 2)) expect(Math.abs(share - 1)).toBeLessThan(0.25);
  });

  test("is known a few steps after a first one that was much too slow", () => {
    const cost = new StepCost();
    cost.observe(prefill(100), 5);
    cost.observe(decodes(4), 5);
    for (let step = 0; step < 6; step++) {
      cost.observe(prefill(100), truth(0, 100));
      cost.observe(decodes(4), truth(4, 0));
    }
    for (const share of shareOfTruth(cost, 4)) expect(Math.abs(share - 1)).toBeLessThan(0.5);
  });

  test("is above nothing however slow steps were, and finds back to the truth", () => {
    const observation = fc.record({
      decodes: fc.nat(64),
      prefillTokens: fc.oneof(fc.constant(0), fc.nat(512)),
      draftTokens: fc.oneof(fc.constant(0), fc.nat(64)),
      hindrance: fc.oneof(fc.constant(1), fc.double({ min: 1, max: 1_000, noNaN: true })),
    });
    fc.assert(
      fc.property(fc.array(observation, { minLength: 1, maxLength: 60 }), (observations) => {
        const cost = new StepCost();
        for (const { hindrance, ...work } of observations) {
          cost.observe(work, hindrance * truth(work.decodes, work.prefillTokens + work.draftTokens));
          const known = [cost.decodeSeconds(8), cost.prefillTokenSeconds, cost.draftTokenSeconds];
          for (const seconds of known)
            if (seconds !== undefined && !(seconds > 0 && Number.isFinite(seconds)))
              throw new Error(`${seconds}`);
        }
        for (let step = 0; step < 200; step++) {
          cost.observe(prefill(100 + (step % 100)), truth(0, 100 + (step % 100)));
          cost.observe(decodes(1 + (step % 16)), truth(1 + (step % 16), 0));
        }
        for (const share of shareOfTruth(cost, 16)) expect(Math.abs(share - 1)).toBeLessThan(0.5);
      }),
    );
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

  test("of drafts does not become dearer while there are none, however dear prompts were", () => {
    const cost = new StepCost();
    cost.observe({ decodes: 0, prefillTokens: 7, draftTokens: 0 }, 0.02);
    for (let step = 0; step < 50; step++) {
      cost.observe({ decodes: 1, prefillTokens: 0, draftTokens: 0 }, 0.001);
      cost.observe({ decodes: 1, prefillTokens: 0, draftTokens: 8 }, 0.0014);
    }
    const learned = cost.draftTokenSeconds;
    expect(cost.prefillTokenSeconds).toBeGreaterThan(Number(learned));
    for (let step = 0; step < 500; step++)
      cost.observe({ decodes: 1, prefillTokens: 0, draftTokens: 0 }, 0.001);
    expect(cost.draftTokenSeconds).toBeCloseTo(Number(learned), 6);
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

import type { SequenceRequest } from "../../../runtime/src/engine/protocol";
import { Sequence } from "../../../runtime/src/engine/sequence";
import { Speculation } from "../../../runtime/src/engine/speculation";
import { StepCost } from "../../../runtime/src/engine/step-cost";
import { BlockPool } from "../../../runtime/src/kv/block-pool";
import { greedy } from "../../support/sequences";

/** One sequence takes 6 ms, sixteen 24 ms, a token of a draft 1.4 ms. */
const measured = {
  decodeSeconds: (count: number) => 0.0048 + 0.0012 * count,
  draftTokenSeconds: 0.0014,
} as StepCost;

function repetitive(maxTokens: number): Sequence {
  const request: SequenceRequest = {
    id: 1,
    promptTokenIds: [1, 2, 3, 1, 2, 3],
    params: { ...greedy, maxTokens },
    priority: 0,
    forks: [],
  };
  return Sequence.of(request, 0, { pool: new BlockPool(4), blockSize: 4 });
}

describe("speculation", () => {
  test("pays for one sequence and hardly for many", () => {
    const speculation = new Speculation(8, measured);
    expect(speculation.gain(1)).toBeCloseTo(6 / 1.4 / 1.1);
    expect(speculation.gain(16)).toBeCloseTo(24 / 16 / 1.4 / 1.1);
    expect(speculation.gain(31)).toBeLessThan(1);
  });

  test("is guessed to pay in small batches alone before costs are known", () => {
    const speculation = new Speculation(8, new StepCost());
    expect(speculation.gain(1)).toBeGreaterThan(1);
    expect(speculation.gain(8)).toBeLessThan(1);
  });

  test("is off where nothing decodes, and where the longest draft has no token", () => {
    expect(new Speculation(8, measured).gain(0)).toBe(0);
    expect(new Speculation(0, measured).gain(1)).toBe(0);
  });

  test("drafts as much as pays, as is allowed, as there is room for, and one less than the sequence may have", () => {
    const draft = (tokensMax: number, gain: number, tokensLeft: number, maxTokens = 100) =>
      new Speculation(tokensMax, measured).draft(repetitive(maxTokens), gain, tokensLeft).length;
    expect(draft(8, 4, 100)).toBe(3);
    expect(draft(8, 100, 100)).toBe(8);
    expect(draft(5, 100, 100)).toBe(5);
    expect(draft(8, 100, 2)).toBe(2);
    expect(draft(8, 100, 100, 4)).toBe(3);
    expect(draft(8, 100, 100, 1)).toBe(0);
    expect(draft(8, 100, -1)).toBe(0);
  });
});

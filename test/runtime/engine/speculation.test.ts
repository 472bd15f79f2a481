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
  test("pays for one sequence, and is off where it does not pay for many", () => {
    const speculation = new Speculation(8, measured);
    expect(speculation.gain(1)).toBeCloseTo(6 / 1.4 / 1.1);
    expect(speculation.gain(8)).toBeCloseTo(14.4 / 8 / 1.4 / 1.1);
    expect(speculation.gain(16)).toBe(0);
  });

  test("is tried in small batches whatever prompts took, and judged by them in others, before the first draft", () => {
    const slowPrompt = { ...measured, draftTokenSeconds: undefined, prefillTokenSeconds: 0.02 } as StepCost;
    const fastPrompt = { ...slowPrompt, prefillTokenSeconds: 0.0005 } as StepCost;
    expect(new Speculation(8, slowPrompt).gain(1)).toBeGreaterThan(1);
    expect(new Speculation(8, slowPrompt).gain(8)).toBe(0);
    expect(new Speculation(8, fastPrompt).gain(8)).toBeGreaterThan(1);
  });

  test("is not off for good in small batches where drafts were dear", () => {
    const dear = { ...measured, draftTokenSeconds: 1 } as StepCost;
    expect(new Speculation(8, dear).gain(2)).toBeGreaterThan(0);
    expect(new Speculation(8, dear).gain(4)).toBe(0);
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

import type { SchedulerLimits } from "../../../runtime/src/engine/scheduler";
import { Sequence } from "../../../runtime/src/engine/sequence";
import { StepBudget } from "../../../runtime/src/engine/step-budget";
import { StepCost } from "../../../runtime/src/engine/step-cost";
import { BlockPool } from "../../../runtime/src/kv/block-pool";
import { defaultLimits } from "../../support/scheduler-limits";
import { greedy } from "../../support/sequences";

const kv = { pool: new BlockPool(1_000), blockSize: 16 };

/** A sequence with a prompt of this length of which nothing is computed. */
function prompt(length: number): Sequence {
  const promptTokenIds = new Array<number>(length).fill(1);
  return Sequence.of({ id: 1, promptTokenIds, params: greedy, priority: 0, forks: [] }, 0, kv);
}

/** A sequence that decodes and has so many output tokens. */
function decoding(outputTokens: number): Sequence {
  const sequence = prompt(1);
  for (let count = 0; count < outputTokens; count++) sequence.append(1);
  sequence.cache.reserve(sequence.length);
  sequence.cache.commit(sequence.length - 1);
  return sequence;
}

/** Sixteen sequences take 30 ms, a prompt's token 1 ms. */
const measured = {
  decodeSeconds: (count: number) => 0.006 + 0.0015 * count,
  prefillTokenSeconds: 0.001,
} as StepCost;

const sixteen = (outputTokens: number) => Array.from({ length: 16 }, () => decoding(outputTokens));
const limits: SchedulerLimits = { ...defaultLimits, maxBatchedTokens: 512, prefillChunkTokens: 256 };
const budgetOf = (
  running: Sequence[],
  waiting = 1,
  cost = measured,
  settings: Partial<SchedulerLimits> = {},
) => new StepBudget({ ...limits, ...settings }, cost, running, waiting);
const granted = (budget: StepBudget, sequence: Sequence) => budget.grant(sequence, sequence.pending);
/** What a prompt gets in the end where no other one is there. */
const grantedAlone = (budget: StepBudget, sequence: Sequence) =>
  budget.grantMore(sequence, sequence.pending, 0);

describe("the tokens of a step", () => {
  test("are all for prompts where nothing decodes, no more than a chunk for one", () => {
    const budget = budgetOf([]);
    expect(granted(budget, prompt(2_000))).toBe(256);
    budget.spend(256);
    expect(granted(budget, prompt(100))).toBe(100);
    budget.spend(250);
    expect(granted(budget, prompt(100))).toBe(6);
    budget.spend(6);
    expect(granted(budget, prompt(100))).toBe(0);
  });

  test("hold one for each sequence that decodes", () => {
    expect(budgetOf(sixteen(1)).tokensLeft).toBe(512 - 16);
  });

  test("let prompts slow others down no more than configured", () => {
    const grant = (maxDecodeSlowdown: number) =>
      grantedAlone(budgetOf(sixteen(9), 1, measured, { maxDecodeSlowdown }), prompt(2_000));
    expect([grant(2), grant(3)]).toEqual([30, 60]);
    expect(grant(100)).toBe(256);
  });

  test("let prompts get on, however little time there is", () => {
    const slowest = { maxDecodeSlowdown: 1 };
    expect(granted(budgetOf(sixteen(9), 1, measured, slowest), prompt(99))).toBe(8);
    expect(granted(budgetOf(sixteen(9), 1, new StepCost()), prompt(99))).toBe(8);
  });

  test("let many short prompts slow others down more, but no long one", () => {
    const budget = budgetOf(sixteen(9), 9);
    expect(grantedAlone(budget, prompt(2_000))).toBe(30);
    expect(granted(budget, prompt(128))).toBe(60);
    expect(granted(budgetOf(sixteen(9), 5), prompt(128))).toBe(30);
  });

  test("are shared by all prompts of the step", () => {
    const budget = budgetOf(sixteen(9));
    expect(granted(budget, prompt(20))).toBe(20);
    budget.spend(20);
    expect(granted(budget, prompt(2_000))).toBe(10);
  });

  test("are not all for one long prompt, unless no other one wants them", () => {
    const budget = budgetOf(sixteen(9));
    const long = prompt(2_000);
    expect(granted(budget, long)).toBe(15);
    budget.spend(15);
    expect(granted(budget, prompt(10))).toBe(10);
    budget.spend(10);
    expect(budget.grantMore(long, long.pending, 15)).toBe(5);
  });

  test("are all for short prompts while no other sequence has more than its first tokens", () => {
    const budget = budgetOf(sixteen(1));
    expect(granted(budget, prompt(128))).toBe(128);
    expect(grantedAlone(budget, prompt(2_000))).toBe(30);
    budget.spend(128);
    expect(grantedAlone(budget, prompt(2_000))).toBe(0);
    expect(granted(budget, prompt(128))).toBe(128);
  });
});

/** @jest-environment <rootDir>/test/support/native-arrays-environment.ts */
import type { ModelRunner } from "../../../runtime/src/model/model-runner";
import { type ScoresWanted, TOP_TOKENS, type TokenScores } from "../../../runtime/src/sampling/token-scores";
import { bard, type GoldenCheckpoint, llama } from "../../support/checkpoints";
import { roomySettings, startEngine } from "../../support/in-process-engine";
import { stepOf } from "../../support/scores";

/** Runs all prompts in one step and returns each one's scores, in the order of the prompts. */
async function scoresOf(
  runner: ModelRunner,
  { cases }: GoldenCheckpoint,
  wanted: (index: number) => ScoresWanted,
  scoredRows = 1,
): Promise<TokenScores[][]> {
  const entries = cases.map(({ prompt }, index) => ({
    tokenIds: prompt,
    start: 0,
    blocks: Array.from({ length: 32 }, (_, block) => 1 + index * 32 + block),
    scoredRows: Math.min(scoredRows, prompt.length),
    scores: wanted(index),
  }));
  const batch = stepOf(entries);
  const order = [...batch.decodes, ...batch.prefills];
  const { scores } = await runner.run(batch);
  return entries.map((entry) => [...scores[order.indexOf(entry)]]);
}

function allLogits(scores: TokenScores): number[] {
  if (scores.kind !== "all") throw new Error(`expected all logits, got ${scores.kind}`);
  return [...scores.logits];
}

const logSumExp = (values: readonly number[]) => {
  const best = Math.max(...values);
  return best + Math.log(values.reduce((sum, value) => sum + Math.exp(value - best), 0));
};

describe.each([bard, llama])("the scores that a step of $name gives", (golden) => {
  let runner: ModelRunner;

  beforeAll(async () => {
    runner = (await startEngine(golden.directory, roomySettings)).runner;
  });

  afterAll(() => runner.release());

  test("are the best token alone where no more is wanted", async () => {
    const all = await scoresOf(runner, golden, () => ({ kind: "all" }));
    const best = await scoresOf(runner, golden, () => ({ kind: "best" }));
    expect(best).toEqual(
      all.map(([row]) => {
        const logits = allLogits(row);
        const logit = Math.max(...logits);
        return [{ kind: "best", tokenId: logits.indexOf(logit), logit }];
      }),
    );
  });

  test("are the top tokens, best first, and the mass of all at each row's own temperature", async () => {
    const temperature = (index: number) => [0.01, 0.5, 1, 1.7, 5][index % 5];
    const all = await scoresOf(runner, golden, () => ({ kind: "all" }));
    const top = await scoresOf(runner, golden, (index) => ({ kind: "top", temperature: temperature(index) }));
    for (const [index, [row]] of top.entries()) {
      const logits = allLogits(all[index][0]);
      const ranked = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b).slice(0, TOP_TOKENS);
      if (row.kind !== "top") throw new Error(`expected the top, got ${row.kind}`);
      expect([...row.tokenIds]).toEqual(ranked);
      expect([...row.logits]).toEqual(ranked.map((token) => logits[token]));
      expect(row.logSumExp).toBeCloseTo(logSumExp(logits), 4);
      const scaled = logits.map((logit) => logit / temperature(index));
      expect(row.scaledLogSumExp / logSumExp(scaled)).toBeCloseTo(1, 5);
    }
  });

  test("may be of another kind for each sequence of a step and are the same then", async () => {
    const kinds: ScoresWanted[] = [{ kind: "best" }, { kind: "top", temperature: 0.7 }, { kind: "all" }];
    const alone = await Promise.all(kinds.map(async (kind) => scoresOf(runner, golden, () => kind)));
    const mixed = await scoresOf(runner, golden, (index) => kinds[index % kinds.length]);
    for (const [index, row] of mixed.entries()) expect(row).toEqual(alone[index % kinds.length][index]);
  });

  test("come for as many of the last tokens as are wanted, the last one last", async () => {
    const three = await scoresOf(runner, golden, () => ({ kind: "all" }), 3);
    const one = await scoresOf(runner, golden, () => ({ kind: "all" }));
    for (const [index, rows] of three.entries()) {
      expect(rows).toHaveLength(Math.min(3, golden.cases[index].prompt.length));
      expect(rows[rows.length - 1]).toEqual(one[index][0]);
    }
  });

  test("are none where none are wanted", async () => {
    expect((await scoresOf(runner, golden, () => ({ kind: "best" }), 0)).flat()).toEqual([]);
  });
});

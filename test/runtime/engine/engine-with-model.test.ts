/** @jest-environment <rootDir>/test/support/native-arrays-environment.ts */
import type { SequenceOutput, SequenceRequest } from "../../../runtime/src/engine/protocol";
import { EmbeddingTable } from "../../../runtime/src/model/embedding-table";
import { bard } from "../../support/checkpoints";
import { type EngineSettings, roomySettings, startEngine } from "../../support/in-process-engine";
import { greedy } from "../../support/sequences";

const prompt = bard.cases[bard.cases.length - 1].prompt.slice(0, 40);
const repetitive = Array.from({ length: 30 }, (_, index) => prompt[index % 3]);

const requests: SequenceRequest[] = [
  { promptTokenIds: prompt, params: greedy },
  { promptTokenIds: [...prompt, 7], params: { ...greedy, temperature: 0.8, seed: 1 } },
  { promptTokenIds: [...prompt.slice(0, 21), 7], params: greedy },
  { promptTokenIds: repetitive, params: greedy },
  { promptTokenIds: repetitive, params: { ...greedy, temperature: 0.3, seed: 2 } },
].map(({ promptTokenIds, params }, index) => ({
  id: 10 * index,
  promptTokenIds,
  params: { ...params, maxTokens: 48 },
  priority: 0,
  forks: [
    { id: 10 * index + 1, seed: 100 + index },
    { id: 10 * index + 2, seed: 200 + index },
  ],
}));

/** What each completion gets, and what the engine did meanwhile. */
async function run(settings: EngineSettings) {
  const { engine, pool } = await startEngine(bard.directory, settings);
  const tokens = new Map<number, number[]>();
  const done = { preempted: 0, prefixHits: 0, acceptedTokens: 0 };
  const deliver = (output: SequenceOutput) => {
    if ("error" in output) throw new Error(output.error);
    const own = tokens.get(output.id) ?? [];
    tokens.set(output.id, [...own, ...output.tokens.map(({ tokenId }) => tokenId)]);
  };
  for (const request of requests) {
    engine.add(request);
    for (const output of (await engine.step()).outputs) deliver(output);
  }
  while (!engine.isIdle) {
    const report = await engine.step();
    report.outputs.forEach(deliver);
    done.preempted += report.preempted;
    done.prefixHits += report.prefixHits;
    done.acceptedTokens += report.acceptedTokens;
  }
  expect(pool.usedBlocks).toBe(0);
  return { tokens: [...tokens].sort(([one], [other]) => one - other), ...done };
}

test("a model gives the same tokens with prefixes, forks, drafts and preemption as without any of them", async () => {
  const { limits } = roomySettings;
  const plain = await run({
    ...roomySettings,
    prefixCaching: false,
    limits: { ...limits, speculativeTokens: 0 },
  });
  expect(plain).toMatchObject({ preempted: 0, prefixHits: 0, acceptedTokens: 0 });
  const crowded = await run({
    blockSize: 4,
    blocks: 28,
    prefixCaching: true,
    limits: { ...limits, maxSequences: 4, speculativeTokens: 6, prefillChunkTokens: 16 },
  });
  expect(crowded.tokens).toEqual(plain.tokens);
  expect(crowded.preempted).toBeGreaterThan(0);
  expect(crowded.prefixHits + crowded.acceptedTokens).toBeGreaterThan(0);
});

test("a sequence that becomes NaN takes no other one with it, neither beside it nor in its blocks after it", async () => {
  const DAMAGED = 7;
  const { rows } = EmbeddingTable.prototype;
  const spy = jest.spyOn(EmbeddingTable.prototype, "rows");
  spy.mockImplementation(function (this: EmbeddingTable, tokenIds) {
    const embedded = rows.call(this, tokenIds);
    const width = embedded.length / tokenIds.length;
    for (let row = 0; row < tokenIds.length; row++)
      if (tokenIds[row] === DAMAGED) embedded.fill(Number.NaN, row * width, (row + 1) * width);
    return embedded;
  });
  const request = (id: number, promptTokenIds: number[]): SequenceRequest => ({
    id,
    promptTokenIds,
    params: { ...greedy, maxTokens: 8 },
    priority: 0,
    forks: [],
  });
  const completions = async (groups: SequenceRequest[][]) => {
    const { engine } = await startEngine(bard.directory, { ...roomySettings, blocks: 12 });
    const tokens: Record<number, number[]> = {};
    const failed: number[] = [];
    for (const group of groups) {
      for (const each of group) engine.add(each);
      while (!engine.isIdle)
        for (const output of (await engine.step()).outputs)
          if ("error" in output) failed.push(output.id);
          else
            tokens[output.id] = [
              ...(tokens[output.id] ?? []),
              ...output.tokens.map(({ tokenId }) => tokenId),
            ];
    }
    return { tokens, failed };
  };
  const healthy = prompt.map((token) => (token === DAMAGED ? DAMAGED + 1 : token));
  const damaged = request(1, [DAMAGED, ...healthy]);
  const beside = request(2, healthy.slice(0, 9));
  const afterwards = [request(3, healthy.slice(0, 20)), request(4, healthy.slice(3, 30))];
  const alone = await completions([[beside], afterwards]);
  const together = await completions([[damaged, beside], afterwards]);
  spy.mockRestore();
  expect(alone.failed).toEqual([]);
  expect(together).toEqual({ tokens: alone.tokens, failed: [damaged.id] });
});

import fc from "fast-check";
import { Engine } from "../../../runtime/src/engine/engine";
import type { SequenceOutput, SequenceRequest, StepReport } from "../../../runtime/src/engine/protocol";
import type { SchedulerLimits } from "../../../runtime/src/engine/scheduler";
import { FakeStepRunner, naiveCompletion } from "../../support/fake-step-runner";
import { defaultLimits } from "../../support/scheduler-limits";
import { greedy } from "../../support/sequences";

type Settings = SchedulerLimits & { blocks: number; blockSize: number; prefixCaching: boolean };

const ROOMY: Settings = {
  ...defaultLimits,
  maxSequences: 8,
  maxBatchedTokens: 64,
  prefillChunkTokens: 64,
  blocks: 100,
  blockSize: 4,
  prefixCaching: true,
};

function engineWith(settings: Partial<Settings> = {}) {
  const { blocks, blockSize, prefixCaching, ...limits } = { ...ROOMY, ...settings };
  const runner = new FakeStepRunner(blockSize);
  const engine = new Engine(runner, { blocks, blockSize, prefixCaching, limits }, () => 0);
  return { runner, engine, pool: engine.pool };
}

const request = (
  id: number,
  promptTokenIds: number[],
  params: Partial<SequenceRequest["params"]> = {},
): SequenceRequest => ({
  id,
  promptTokenIds,
  params: { ...greedy, maxTokens: 5, ...params },
  priority: 0,
  forks: [],
});

/** No test needs as many. An engine that never comes to rest must fail and not hang. */
const STEPS_MAX = 2_000;

/** Steps until nothing is left to do. */
async function finish(engine: Engine): Promise<SequenceOutput[]> {
  return (await reportsOf(engine)).flatMap(({ outputs }) => outputs);
}

async function reportsOf(engine: Engine): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  while (!engine.isIdle && reports.length < STEPS_MAX) reports.push(await engine.step());
  expect(engine.isIdle).toBe(true);
  return reports;
}

/** The tokens of one sequence. An error in their place is not one. */
function tokensOf(id: number, outputs: readonly SequenceOutput[]): (number | undefined)[] {
  return outputs
    .filter((output) => output.id === id)
    .flatMap((output) => ("tokens" in output ? output.tokens.map(({ tokenId }) => tokenId) : [undefined]));
}

describe("the engine", () => {
  test("is idle until a sequence arrives and after the last one has ended", async () => {
    const { engine } = engineWith();
    expect(engine.isIdle).toBe(true);
    engine.add(request(1, [1, 2]));
    expect(engine.isIdle).toBe(false);
    await finish(engine);
    expect(engine.stats()).toMatchObject({ running: 0, waiting: 0, usedBlocks: 0 });
  });

  test("gives one token a step and says with the last one why it is the last", async () => {
    const { engine } = engineWith();
    const request1 = request(1, [1, 2, 3], { maxTokens: 3 });
    engine.add(request1);
    const outputs = await finish(engine);
    expect(tokensOf(1, outputs)).toEqual(naiveCompletion([1, 2, 3], request1.params));
    expect(outputs.map((output) => "tokens" in output && output.finishReason)).toEqual([
      undefined,
      undefined,
      "length",
    ]);
  });

  test("ends with a stop token, which is part of the output", async () => {
    const { engine } = engineWith();
    const [, second] = naiveCompletion([1, 2, 3], { ...greedy, maxTokens: 2 });
    engine.add(request(1, [1, 2, 3], { stopTokenIds: [second] }));
    const outputs = await finish(engine);
    expect(outputs[outputs.length - 1]).toMatchObject({
      tokens: [{ tokenId: second }],
      finishReason: "stop",
    });
    expect(outputs.length).toBeLessThanOrEqual(2);
  });

  test("prefers the stop token as the reason where it is also the last one allowed", async () => {
    const { engine } = engineWith();
    const [first] = naiveCompletion([1], { ...greedy, maxTokens: 1 });
    engine.add(request(1, [1], { maxTokens: 1, stopTokenIds: [first] }));
    expect(await finish(engine)).toMatchObject([{ tokens: [{ tokenId: first }], finishReason: "stop" }]);
  });

  test("reports what a step computed and the state after it", async () => {
    const { engine } = engineWith({ maxSequences: 1 });
    engine.add(request(1, [1, 2, 3, 4, 5], { maxTokens: 2 }));
    engine.add(request(2, [1]));
    expect(await engine.step()).toMatchObject({
      tokens: 5,
      preempted: 0,
      stats: { running: 1, waiting: 1, usedBlocks: 2 },
    });
    expect(await engine.step()).toMatchObject({
      tokens: 1,
      stats: { running: 0, waiting: 1, usedBlocks: 0 },
    });
  });

  test("says when a sequence was first scheduled, also after a preemption", async () => {
    const { engine } = engineWith({ blocks: 3, blockSize: 2 });
    engine.add(request(1, [1, 2]));
    engine.add(request(2, [1]));
    const outputs = await finish(engine);
    for (const id of [1, 2]) {
      const times = outputs.flatMap((output) =>
        output.id === id && "tokens" in output ? [output.scheduledAt] : [],
      );
      expect(times).toHaveLength(5);
      expect(new Set(times).size).toBe(1);
    }
  });

  test("gives a sequence the same tokens although it is preempted and computed again", async () => {
    const { engine } = engineWith({ blocks: 8, blockSize: 2 });
    const requests = [1, 2, 3].map((id) => request(id, [id, id], { maxTokens: 12, temperature: id - 1 }));
    for (const each of requests) engine.add(each);
    const reports = await reportsOf(engine);
    expect(reports.reduce((sum, { preempted }) => sum + preempted, 0)).toBeGreaterThan(1);
    const outputs = reports.flatMap((report) => report.outputs);
    for (const { id, promptTokenIds, params } of requests)
      expect(tokensOf(id, outputs)).toEqual(naiveCompletion(promptTokenIds, params));
  });

  test("asks for more than the best token only where a sequence of the step samples", async () => {
    const { engine, runner } = engineWith({ prefillChunkTokens: 2 });
    engine.add(request(1, [1], { maxTokens: 3 }));
    engine.add(request(2, [1, 2, 3], { maxTokens: 1, temperature: 1 }));
    await finish(engine);
    const wanted = runner.batches.map(({ decodes, prefills }) =>
      [...decodes, ...prefills].flatMap(({ scoredRows, scores }) => (scoredRows > 0 ? [scores.kind] : [])),
    );
    expect(wanted).toEqual([["best"], ["best", "top"], ["best"]]);
  });

  test("ends a sequence that is aborted and frees its blocks", async () => {
    const { engine, pool } = engineWith();
    engine.add(request(1, [1, 2, 3]));
    await engine.step();
    expect(pool.usedBlocks).toBe(1);
    engine.abort(1);
    expect(engine.isIdle).toBe(true);
    expect(pool.usedBlocks).toBe(0);
  });

  test("may be told to abort a sequence while it runs", async () => {
    const { engine, pool } = engineWith();
    engine.add(request(1, [1, 2], { maxTokens: 1 }));
    engine.add(request(2, [3, 4]));
    const step = engine.step();
    engine.abort(1);
    engine.abort(2);
    await step;
    expect(engine.isIdle).toBe(true);
    expect(pool.usedBlocks).toBe(0);
  });
});

describe("a run that throws", () => {
  test("fails exactly the sequences of its step, commits nothing and frees their blocks", async () => {
    const { engine, runner, pool } = engineWith({ maxBatchedTokens: 4 });
    engine.add(request(1, [1, 2]));
    engine.add(request(2, [3, 4, 5]));
    engine.add(request(3, [6, 1, 2]));
    runner.failure = new Error("out of memory");
    const report = await engine.step();
    expect(report.outputs).toEqual([
      { id: 1, error: "out of memory", code: "engine_error" },
      { id: 2, error: "out of memory", code: "engine_error" },
    ]);
    expect(report.stats).toMatchObject({ running: 0, waiting: 1, usedBlocks: 0 });
    expect(pool.usedBlocks).toBe(0);
  });

  test("spares the sequences that wait", async () => {
    const { engine, runner } = engineWith({ maxSequences: 1 });
    engine.add(request(1, [1, 2]));
    engine.add(request(2, [5, 6]));
    runner.failure = new Error("no");
    const outputs = await finish(engine);
    expect(outputs[0]).toEqual({ id: 1, error: "no", code: "engine_error" });
    expect(tokensOf(2, outputs)).toEqual(naiveCompletion([5, 6], request(2, []).params));
  });

  test("does not stop the engine", async () => {
    const { engine, runner } = engineWith();
    engine.add(request(1, [1, 2]));
    runner.failure = new Error("no");
    await engine.step();
    expect(engine.isIdle).toBe(true);
    engine.add(request(2, [1, 2]));
    expect(tokensOf(2, await finish(engine))).toEqual(naiveCompletion([1, 2], request(2, []).params));
  });
});

test("a sequence whose logits are no distribution fails, and it alone", async () => {
  const { engine, runner } = engineWith();
  engine.add(request(1, [1, 2], { temperature: 1 }));
  engine.add(request(2, [5, 6]));
  const run = runner.run.bind(runner);
  runner.run = async (batch) => {
    const {
      scores: [first, ...rest],
      ...result
    } = await run(batch);
    const damaged = first.map((row) =>
      row.kind === "all" ? { ...row, logits: row.logits.map(() => Number.NaN) } : row,
    );
    return { ...result, scores: [damaged, ...rest] };
  };
  const outputs = await finish(engine);
  expect(outputs[0]).toMatchObject({
    id: 1,
    error: expect.stringContaining("not finite"),
    code: "engine_error",
  });
  expect(tokensOf(2, outputs)).toEqual(naiveCompletion([5, 6], request(2, []).params));
});

describe("whatever else is in the batch, whatever the block size, and however few blocks there are", () => {
  const LONGEST_PROMPT = 8;
  const LONGEST_COMPLETION = 16;
  const shaping = fc.record({
    maxTokens: fc.integer({ min: 1, max: LONGEST_COMPLETION }),
    temperature: fc.constantFrom(0, 0.7, 1.5),
    topP: fc.constantFrom(1, 0.8),
    topK: fc.constantFrom(0, 3),
    seed: fc.nat(),
    stopTokenIds: fc.constantFrom<number[]>([], [], [0]),
  });
  const params = shaping.map((shaped) => ({ ...greedy, ...shaped }));
  const arrival = fc.record({
    promptTokenIds: fc.array(fc.nat(6), { minLength: 1, maxLength: LONGEST_PROMPT, size: "max" }),
    params,
    /** Steps before it arrives. */
    delay: fc.nat(1),
    /** Steps after which it is aborted. */
    patience: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.nat(12)),
  });
  const settings = fc
    .record({
      blockSize: fc.integer({ min: 1, max: 5 }),
      spareTokens: fc.nat(6),
      maxSequences: fc.integer({ min: 2, max: 6 }),
      maxBatchedTokens: fc.integer({ min: 1, max: 20 }),
      prefillChunkTokens: fc.integer({ min: 1, max: 8 }),
    })
    .filter(({ maxSequences, maxBatchedTokens }) => maxSequences <= maxBatchedTokens);
  const scenario = fc.record({
    settings,
    arrivals: fc.array(arrival, { minLength: 1, maxLength: 8, size: "max" }),
    /** Steps whose run throws. */
    faults: fc.oneof(
      { weight: 3, arbitrary: fc.constant<number[]>([]) },
      fc.array(fc.nat(20), { maxLength: 2 }),
    ),
  });

  test("a sequence gets the tokens that it would get alone, until it ends, is aborted or fails", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ settings: { spareTokens, ...limits }, arrivals, faults }) => {
        const blocks = Math.ceil((LONGEST_PROMPT + LONGEST_COMPLETION + spareTokens) / limits.blockSize);
        const { engine, runner, pool } = engineWith({ ...limits, blocks });
        const pending = arrivals.map((each, id) => ({ ...each, id, arrivesAt: 0 }));
        for (const [index, each] of pending.entries())
          each.arrivesAt = (pending[index - 1]?.arrivesAt ?? 0) + each.delay;
        const last = pending[pending.length - 1].arrivesAt;
        const outputs: SequenceOutput[] = [];
        const aborted = new Set<number>();
        for (let step = 0; step <= last || !engine.isIdle; step++) {
          expect(step).toBeLessThan(STEPS_MAX);
          for (const each of pending) {
            if (each.arrivesAt === step) engine.add({ ...each, priority: 0, forks: [] });
            if (each.patience !== undefined && each.arrivesAt + each.patience === step) {
              engine.abort(each.id);
              aborted.add(each.id);
            }
          }
          runner.failure = faults.includes(step) ? new Error("fault") : undefined;
          const report = await engine.step();
          expect(report.stats.usedBlocks).toBe(pool.usedBlocks);
          expect(report.outputs.filter(({ id }) => aborted.has(id))).toEqual([]);
          outputs.push(...report.outputs);
        }
        expect(engine.stats()).toMatchObject({ running: 0, waiting: 0, usedBlocks: 0 });
        for (const { id, promptTokenIds, params } of pending) {
          const own = outputs.filter((output) => output.id === id);
          const failed = own.some((output) => "error" in output);
          const tokens = tokensOf(id, own).filter((token) => token !== undefined);
          const alone = naiveCompletion(promptTokenIds, params);
          const ended = own.some((output) => "tokens" in output && output.finishReason);
          expect(tokens).toEqual(ended ? alone : alone.slice(0, tokens.length));
          expect([ended, failed, aborted.has(id)]).toContain(true);
          expect(ended && failed).toBe(false);
        }
      }),
      { numRuns: 200 },
    );
  });
});

import fc from "fast-check";
import { Engine } from "../../../runtime/src/engine/engine";
import type { SequenceOutput, SequenceRequest, StepReport } from "../../../runtime/src/engine/protocol";
import type { SchedulerLimits } from "../../../runtime/src/engine/scheduler";
import { Sampler } from "../../../runtime/src/sampling/sampler";
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

function engineWith(settings: Partial<Settings> = {}, memory?: number) {
  const { blocks, blockSize, prefixCaching, ...limits } = { ...ROOMY, ...settings };
  const runner = new FakeStepRunner(blockSize, memory);
  const clock = { seconds: 0 };
  const engine = new Engine(runner, { blocks, blockSize, prefixCaching, limits }, () => clock.seconds);
  return { runner, engine, pool: engine.pool, clock };
}

const request = (
  id: number,
  promptTokenIds: number[],
  params: Partial<SequenceRequest["params"]> = {},
  traits: Partial<SequenceRequest> = {},
): SequenceRequest => ({
  id,
  promptTokenIds,
  params: { ...greedy, maxTokens: 5, ...params },
  priority: 0,
  forks: [],
  ...traits,
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

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => (from + index) % 7);

describe("a prefix that an earlier sequence computed", () => {
  test("is not computed again, also where only a part of a block is shared", async () => {
    const { engine, runner } = engineWith();
    engine.add(request(1, [...numbers(10), 1, 1]));
    await finish(engine);
    const prompt = [...numbers(10), 3, 3, 3];
    engine.add(request(2, prompt));
    const report = await engine.step();
    expect(report).toMatchObject({ tokens: 3, prefixQueries: 13, prefixHits: 10, prefillTokens: 3 });
    expect(runner.batches[runner.batches.length - 1].copies).toHaveLength(1);
    const outputs = [...report.outputs, ...(await finish(engine))];
    expect(outputs[0]).toMatchObject({ id: 2, cachedTokens: 10 });
    expect(tokensOf(2, outputs)).toEqual(naiveCompletion(prompt, request(2, []).params));
  });

  test("is computed all but its last token where the whole prompt is cached", async () => {
    const { engine } = engineWith();
    for (const id of [1, 2]) {
      engine.add(request(id, numbers(8)));
      const reports = await reportsOf(engine);
      expect(reports[0].tokens).toBe(id === 1 ? 8 : 1);
      const outputs = reports.flatMap((report) => report.outputs);
      expect(tokensOf(id, outputs)).toEqual(naiveCompletion(numbers(8), request(id, []).params));
    }
  });

  test("is shared while its first sequence still runs, and takes no blocks of its own", async () => {
    const { engine, pool } = engineWith();
    engine.add(request(1, numbers(9)));
    await engine.step();
    engine.add(request(2, numbers(9)));
    await engine.step();
    expect(pool.usedBlocks).toBe(4);
  });

  test("is computed again under another salt, and where sharing is turned off", async () => {
    const { engine } = engineWith();
    for (const [id, cacheSalt] of [undefined, "a", "b"].entries()) {
      engine.add(request(id, numbers(9), {}, { cacheSalt }));
      expect(await engine.step()).toMatchObject({ tokens: 9, prefixQueries: 9, prefixHits: 0 });
      await finish(engine);
    }
    const off = engineWith({ prefixCaching: false }).engine;
    for (const id of [1, 2]) {
      off.add(request(id, numbers(9)));
      expect(await off.step()).toMatchObject({ tokens: 9, prefixQueries: 0, prefixHits: 0 });
      await finish(off);
    }
    expect(off.stats().cachedBlocks).toBe(0);
  });

  test("is found by a sequence that was preempted, which is not counted as a hit", async () => {
    const computed: number[] = [];
    for (const prefixCaching of [true, false]) {
      const { engine } = engineWith({ blocks: 8, blockSize: 2, speculativeTokens: 0, prefixCaching });
      for (const id of [1, 2]) engine.add(request(id, [id, id, id, id], { maxTokens: 10 }));
      const reports = await reportsOf(engine);
      expect(reports.some(({ preempted }) => preempted > 0)).toBe(true);
      expect(reports.reduce((sum, { prefixHits }) => sum + prefixHits, 0)).toBe(0);
      computed.push(reports.reduce((sum, { tokens }) => sum + tokens, 0));
    }
    expect(computed[0]).toBeLessThan(computed[1]);
  });

  test("counts as cached when nothing uses it, and makes room for others", async () => {
    const { engine } = engineWith({ blocks: 4 });
    engine.add(request(1, numbers(9), { maxTokens: 1 }));
    await finish(engine);
    expect(engine.stats()).toMatchObject({ usedBlocks: 0, cachedBlocks: 2 });
    engine.add(request(2, numbers(13, 3), { maxTokens: 3 }));
    expect(tokensOf(2, await finish(engine))).toEqual(
      naiveCompletion(numbers(13, 3), { ...greedy, maxTokens: 3 }),
    );
  });

  test("is not kept where the run that used it threw", async () => {
    const { engine, runner } = engineWith();
    engine.add(request(1, numbers(9), { maxTokens: 1 }));
    await finish(engine);
    engine.add(request(2, numbers(9)));
    runner.failure = new Error("no");
    await engine.step();
    expect(engine.stats()).toMatchObject({ usedBlocks: 0, cachedBlocks: 0 });
  });
});

describe("several completions of one prompt", () => {
  const forks = [
    { id: 11, seed: 1 },
    { id: 12, seed: 2 },
  ];
  const prompt = numbers(6);
  const sampled = { temperature: 1, maxTokens: 6, seed: 0 };
  const alone = (seed: number) => naiveCompletion(prompt, { ...greedy, ...sampled, seed });

  test("compute the prompt once, share its blocks and copy the one that they write to", async () => {
    const { engine, runner, pool } = engineWith({ speculativeTokens: 0 });
    engine.add(request(10, prompt, sampled, { forks }));
    expect(engine.stats()).toMatchObject({ running: 0, waiting: 3, waitingTokens: 6 });
    const first = await engine.step();
    expect(first).toMatchObject({ tokens: 6, sequences: 1 });
    expect(first.outputs.map(({ id }) => id).sort()).toEqual([10, 11, 12]);
    expect(engine.stats()).toMatchObject({ running: 3, waiting: 0, usedBlocks: 2 });
    expect(await engine.step()).toMatchObject({ tokens: 3, sequences: 3, stats: { usedBlocks: 4 } });
    expect(runner.batches[1].copies).toHaveLength(2);
    const outputs = [...first.outputs, ...(await finish(engine))];
    expect(tokensOf(10, outputs)).toHaveLength(5);
    expect(pool.usedBlocks).toBe(0);
  });

  test("are what each would be alone with its seed", async () => {
    const { engine } = engineWith();
    engine.add(request(10, prompt, sampled, { forks }));
    const outputs = await finish(engine);
    for (const [id, seed] of [
      [10, 0],
      [11, 1],
      [12, 2],
    ])
      expect(tokensOf(id, outputs)).toEqual(alone(seed));
  });

  test("wait where not all may run, and lose nothing by it", async () => {
    const { engine } = engineWith({ maxSequences: 2 });
    engine.add(request(10, prompt, sampled, { forks }));
    const first = await engine.step();
    expect(first.outputs).toHaveLength(3);
    expect(first.stats).toMatchObject({ running: 2, waiting: 1, waitingTokens: 7 });
    const outputs = [...first.outputs, ...(await finish(engine))];
    for (const [id, seed] of [
      [10, 0],
      [11, 1],
      [12, 2],
    ])
      expect(tokensOf(id, outputs)).toEqual(alone(seed));
  });

  test("may each end with their first token", async () => {
    const { engine, pool } = engineWith();
    engine.add(request(10, prompt, { ...sampled, maxTokens: 1 }, { forks }));
    const outputs = await finish(engine);
    expect(outputs.map((output) => "tokens" in output && output.finishReason)).toEqual([
      "length",
      "length",
      "length",
    ]);
    expect(pool.usedBlocks).toBe(0);
  });

  test.each([
    ["the first before its prompt is computed", 10, 0],
    ["the first within its prompt", 10, 1],
    ["another before its prompt is computed", 11, 0],
    ["another within its prompt", 12, 1],
    ["the first while all run", 10, 3],
    ["another while all run", 11, 3],
  ])("go on when one is aborted: %s", async (_, aborted, steps) => {
    const { engine, pool } = engineWith({ prefillChunkTokens: 4 });
    engine.add(request(10, prompt, sampled, { forks }));
    const outputs: SequenceOutput[] = [];
    for (let step = 0; step < steps; step++) outputs.push(...(await engine.step()).outputs);
    engine.abort(aborted);
    outputs.push(...(await finish(engine)));
    for (const [id, seed] of [
      [10, 0],
      [11, 1],
      [12, 2],
    ]) {
      const tokens = tokensOf(id, outputs);
      expect(tokens).toEqual(alone(seed).slice(0, id === aborted ? tokens.length : undefined));
      if (id === aborted) expect(tokens.length).toBeLessThan(4);
    }
    expect(pool.usedBlocks).toBe(0);
  });

  test("leave nothing when all are aborted within the prompt", async () => {
    const { engine, pool } = engineWith({ prefillChunkTokens: 4 });
    engine.add(request(10, prompt, sampled, { forks }));
    await engine.step();
    for (const id of [10, 11, 12]) engine.abort(id);
    expect(engine.isIdle).toBe(true);
    expect(pool.usedBlocks).toBe(0);
  });

  test("all fail with a run of their prompt that throws", async () => {
    const { engine, runner } = engineWith();
    engine.add(request(10, prompt, sampled, { forks }));
    runner.failure = new Error("no");
    expect((await engine.step()).outputs.map(({ id }) => id)).toEqual([10, 11, 12]);
    expect(engine.isIdle).toBe(true);
  });
});

describe("a deadline", () => {
  test("ends a sequence between steps, whether it runs or waits, and no other one", async () => {
    const { engine, clock, pool } = engineWith({ maxSequences: 2 });
    engine.add(request(1, [1, 2], { maxTokens: 9 }, { deadline: 5 }));
    engine.add(request(2, [3, 4], { maxTokens: 9 }, { deadline: 50 }));
    engine.add(request(3, [5, 6], { maxTokens: 9 }, { deadline: 5 }));
    const outputs = [...(await engine.step()).outputs];
    clock.seconds = 5;
    const report = await engine.step();
    expect(report.outputs.filter((output) => "error" in output)).toEqual([
      { id: 1, error: expect.stringContaining("deadline"), code: "deadline_exceeded" },
      { id: 3, error: expect.stringContaining("deadline"), code: "deadline_exceeded" },
    ]);
    outputs.push(...report.outputs, ...(await finish(engine)));
    expect(tokensOf(2, outputs)).toEqual(naiveCompletion([3, 4], { ...greedy, maxTokens: 9 }));
    expect(pool.usedBlocks).toBe(0);
  });

  test("that passes while nothing else is left needs no run", async () => {
    const { engine, clock, runner } = engineWith();
    engine.add(request(1, [1, 2], {}, { deadline: 5 }));
    clock.seconds = 6;
    expect((await engine.step()).outputs).toMatchObject([{ id: 1, code: "deadline_exceeded" }]);
    expect(runner.batches).toEqual([]);
    expect(engine.isIdle).toBe(true);
  });
});

describe("speculation", () => {
  test("is tried although the first step was slow, as it is in a process that has just started", async () => {
    const { engine, runner, clock } = engineWith({ speculativeTokens: 8 }, 2);
    const run = runner.run.bind(runner);
    runner.run = async (batch) => {
      const { length } = [...batch.decodes, ...batch.prefills].flatMap(({ tokenIds }) => tokenIds);
      clock.seconds += runner.batches.length === 0 ? 0.02 : 0.001 + 0.0001 * length;
      return run(batch);
    };
    engine.add(request(1, [1, 2, 3, 4, 5, 6, 1], { maxTokens: 300 }));
    const reports = await reportsOf(engine);
    expect(reports.reduce((sum, { acceptedTokens }) => sum + acceptedTokens, 0)).toBeGreaterThan(150);
  });

  const REPETITIVE = 2;
  const tokens = (id: number, reports: readonly StepReport[]) =>
    tokensOf(
      id,
      reports.flatMap(({ outputs }) => outputs),
    );

  test.each([0, 0.3])("gives the same output in fewer steps at temperature %p", async (temperature) => {
    const params = { ...greedy, maxTokens: 60, temperature, seed: 3 };
    const steps: number[] = [];
    for (const speculativeTokens of [0, 8]) {
      const { engine } = engineWith({ speculativeTokens }, REPETITIVE);
      engine.add(request(1, [1, 2, 3], params));
      const reports = await reportsOf(engine);
      expect(tokens(1, reports)).toEqual(naiveCompletion([1, 2, 3], params, REPETITIVE));
      steps.push(reports.length);
      const [drafts, drafted, accepted] = (["drafts", "draftedTokens", "acceptedTokens"] as const).map(
        (key) => reports.reduce((sum, report) => sum + report[key], 0),
      );
      expect(drafted).toBeGreaterThanOrEqual(Math.max(drafts, accepted));
      expect(accepted).toBe(60 - reports.length);
      if (speculativeTokens === 0) expect(drafts).toBe(0);
    }
    if (temperature === 0) expect(steps[1]).toBeLessThan(steps[0] / 2);
    else expect(steps[1]).toBeLessThan(steps[0]);
  });

  test("ends at a stop token within a draft, and says so with it", async () => {
    const params = { ...greedy, maxTokens: 60 };
    const whole = naiveCompletion([1, 2, 3], params, REPETITIVE);
    const period = whole.slice(30).findIndex((token, index) => index > 0 && token === whole[30]);
    expect(period).toBeGreaterThan(0);
    // A token that is rare among the first ones.
    for (const stop of new Set(whole)) {
      const stopping = { ...params, stopTokenIds: [stop] };
      const { engine } = engineWith({}, REPETITIVE);
      engine.add(request(1, [1, 2, 3], stopping));
      const reports = await reportsOf(engine);
      expect(tokens(1, reports)).toEqual(naiveCompletion([1, 2, 3], stopping, REPETITIVE));
    }
  });

  test("gives no token beyond the last one allowed", async () => {
    for (let maxTokens = 1; maxTokens < 25; maxTokens++) {
      const { engine } = engineWith({}, REPETITIVE);
      engine.add(request(1, [1, 2, 1, 2, 1, 2], { maxTokens }));
      expect(tokens(1, await reportsOf(engine))).toHaveLength(maxTokens);
    }
  });

  test("lets no draft be found by others, and holds no blocks for those that were rejected", async () => {
    const { engine, pool } = engineWith({ blockSize: 1, maxSequences: 1, prefixCaching: true });
    engine.add(request(1, [1, 2, 3, 1, 2, 3, 1, 2, 3], { maxTokens: 12 }));
    const outputs: SequenceOutput[] = [];
    while (!engine.isIdle) {
      outputs.push(...(await engine.step()).outputs);
      if (engine.isIdle) break;
      expect(pool.usedBlocks).toBeLessThanOrEqual(9 + tokensOf(1, outputs).length);
    }
    const known = [1, 2, 3, 1, 2, 3, 1, 2, 3, ...(tokensOf(1, outputs) as number[])];
    expect(engine.stats().cachedBlocks).toBe(known.length - 1);
    const next = [...known, 5];
    engine.add(request(2, next));
    expect(tokensOf(2, await finish(engine))).toEqual(naiveCompletion(next, request(2, []).params));
  });

  test("is not mixed with a chunk of a prompt", async () => {
    const { engine, runner } = engineWith({ prefillChunkTokens: 4 }, REPETITIVE);
    engine.add(request(1, [1, 2, 1, 2, 1, 2], { maxTokens: 40 }));
    for (let step = 0; step < 5; step++) await engine.step();
    engine.add(request(2, numbers(30), { maxTokens: 1 }));
    await finish(engine);
    for (const { prefills } of runner.batches)
      expect(new Set(prefills.map(({ scoredRows }) => scoredRows > 1)).size).toBeLessThan(2);
  });

  test("takes no blocks from other sequences", async () => {
    const { engine } = engineWith({ blocks: 8, blockSize: 2 }, REPETITIVE);
    for (const id of [1, 2]) engine.add(request(id, [id, 3], { maxTokens: 5 }));
    const reports = await reportsOf(engine);
    expect(reports.reduce((sum, { preempted }) => sum + preempted, 0)).toBe(0);
  });
});

describe("scores that do not suffice", () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test("are asked for again, and the output stays what it is", async () => {
    const choose = Sampler.prototype.choose;
    let calls = 0;
    jest.spyOn(Sampler.prototype, "choose").mockImplementation(function (this: Sampler, scores) {
      return calls++ % 3 === 0 ? undefined : choose.call(this, scores);
    });
    const { engine, runner } = engineWith();
    const forks = [{ id: 2, seed: 5 }];
    engine.add(request(1, numbers(5), { temperature: 1, maxTokens: 8, seed: 4 }, { forks }));
    const outputs = await finish(engine);
    expect(runner.violation).toBeUndefined();
    jest.restoreAllMocks();
    for (const [id, seed] of [
      [1, 4],
      [2, 5],
    ])
      expect(tokensOf(id, outputs)).toEqual(
        naiveCompletion(numbers(5), { ...greedy, temperature: 1, maxTokens: 8, seed }),
      );
    expect(runner.batches.length).toBeGreaterThan(8);
  });
});

test("fewer than one slot in twenty-five is allocated and unused at a steady load of mixed lengths", async () => {
  const { engine } = engineWith({ blocks: 4_000, blockSize: 16, maxSequences: 32, maxBatchedTokens: 512 });
  for (let id = 0; id < 96; id++)
    engine.add(request(id, numbers(60 + ((id * 157) % 700), id), { maxTokens: 20 + ((id * 31) % 90) }));
  const shares: number[] = [];
  while (!engine.isIdle) {
    const { stats } = await engine.step();
    if (stats.running === 32) shares.push(stats.unusedSlots / (stats.usedBlocks * 16));
  }
  expect(shares.length).toBeGreaterThan(20);
  expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeLessThan(0.04);
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

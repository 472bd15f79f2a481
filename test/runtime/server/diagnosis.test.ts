import { parseRuntimeConfig, runtimePaths, runtimeSettings } from "../../../runtime/src/config";
import type { EngineStats } from "../../../runtime/src/engine/protocol";
import type { StepSample } from "../../../runtime/src/engine/step-window";
import { type Diagnosis, diagnose, type Machine } from "../../../runtime/src/server/diagnosis";
import { startRuntime } from "../../support/running-runtime";
import { defaultLimits } from "../../support/scheduler-limits";
import { quietStep } from "../../support/step-reports";

/** 12 layers with 4 KV heads of 64 in float32, weights in int8, on two cores; the figures are measured ones. */
const machine: Machine = {
  settings: parseRuntimeConfig({ model: "m", threads: 2, maxSequences: 64, kvCacheMiB: 96 }),
  plan: {
    maxModelLen: 2_048,
    maxPromptTokens: 2_047,
    blockSize: 16,
    blocks: 256,
    cacheBytes: 256 * 16 * 24_576,
    kvCachePrecision: "float32",
    threads: 2,
    prefixCaching: true,
    weights: { precision: "stored" },
    maxQueuedTokens: 1_000_000,
    limits: { ...defaultLimits, maxSequences: 64, maxBatchedTokens: 512, prefillChunkTokens: 256 },
  },
  weights: { precision: "int8", bytes: 110e6 },
  copiedBytesPerSecond: 26e9,
  bestTokensPerSecond: 1_000,
  processors: 2,
};

type Figures = Partial<Omit<StepSample, "stats">> & { stats?: Partial<EngineStats> };

/** Steps one after another; each is given its number. */
function steps(count: number, figures: (step: number) => Figures): StepSample[] {
  return Array.from({ length: count }, (_, step) => {
    const { outputs, ...quiet } = quietStep;
    const { stats, ...others } = figures(step);
    return {
      ...quiet,
      endedAt: step,
      step,
      outsideSeconds: 0.001,
      ...others,
      stats: { ...quiet.stats, ...stats },
    };
  });
}

function verdict(samples: StepSample[], given: Partial<Machine> = {}, span?: number): Diagnosis {
  const busy = samples.reduce((sum, { runSeconds, outsideSeconds }) => sum + runSeconds + outsideSeconds, 0);
  return diagnose(samples, span ?? busy, { ...machine, ...given });
}

/** One sequence that decodes. */
const oneStream = steps(500, (step) => ({
  tokens: 1,
  sequences: 1,
  cachedTokensRead: 128 + (step % 64),
  runSeconds: 0.0056,
  stats: { running: 1, usedBlocks: 10 },
}));

/** Sixteen of 1,024 tokens, whose cache is more to read than the weights. */
const longContexts = steps(100, () => ({
  tokens: 16,
  sequences: 16,
  cachedTokensRead: 16 * 1_024,
  runSeconds: 0.04,
  stats: { running: 16, usedBlocks: 250 },
}));

/** Sixteen of 128 tokens. */
const shortContexts = steps(200, () => ({
  tokens: 16,
  sequences: 16,
  cachedTokensRead: 16 * 160,
  runSeconds: 0.028,
  stats: { running: 16, usedBlocks: 160 },
}));

/** Prompts of 2,000 tokens among eight that decode. */
const longPrompts = steps(60, () => ({
  tokens: 264,
  prefillTokens: 256,
  sequences: 9,
  cachedTokensRead: 2_000,
  runSeconds: 0.29,
  stats: { running: 9, usedBlocks: 200 },
}));

/** Sequences outgrow the cache: every 20th step one loses its blocks, and it waits for them. */
const preempting = steps(200, (step) => ({
  tokens: 12,
  sequences: 12,
  cachedTokensRead: 12 * 330,
  preempted: step % 20 === 0 ? 1 : 0,
  runSeconds: 0.025,
  stats: { running: 12, waiting: 4, usedBlocks: 254 },
}));

/** Now and then a sequence loses its blocks, which is little beside the prompts that are computed. */
const rarelyPreempting = steps(200, (step) => ({
  ...longPrompts[0],
  preempted: step % 100 === 0 ? 1 : 0,
}));

/** The next prompt does not fit beside those that run. */
const blocked = steps(200, () => ({
  tokens: 6,
  sequences: 6,
  cachedTokensRead: 6 * 500,
  runSeconds: 0.016,
  stats: { running: 6, waiting: 9, usedBlocks: 200 },
}));

/** One place, eight that want it. */
const onePlace = steps(300, (step) => ({
  ...oneStream[step],
  stats: { running: 1, waiting: 7, usedBlocks: 10 },
}));

/** Every place is taken, but the processors have no more to give. */
const saturated = steps(200, () => ({
  tokens: 64,
  sequences: 64,
  cachedTokensRead: 64 * 60,
  runSeconds: 0.075,
  stats: { running: 64, waiting: 30, usedBlocks: 250 },
}));

/** Short prompts queue while a few tokens of them at a time are computed beside sequences that decode. */
const spared = steps(200, () => ({
  tokens: 24,
  prefillTokens: 16,
  sequences: 9,
  cachedTokensRead: 8 * 300,
  runSeconds: 0.04,
  stats: { running: 9, waiting: 12, usedBlocks: 180 },
}));

describe("a diagnosis", () => {
  test.each<[string, StepSample[], Diagnosis["bottleneck"], string | undefined]>([
    ["no steps", [], "none", undefined],
    ["one stream", oneStream, "memory_bandwidth", "model"],
    ["sixteen streams of long contexts", longContexts, "memory_bandwidth", "maxModelLen"],
    ["sixteen streams of short contexts", shortContexts, "compute", "replicas"],
    ["long prompts", longPrompts, "compute", "maxPromptTokens"],
    ["sequences that lose their blocks", preempting, "cache_capacity", "kvCacheMiB"],
    ["sequences that rarely lose them", rarelyPreempting, "compute", "maxPromptTokens"],
    ["prompts that wait for blocks", blocked, "cache_capacity", "kvCacheMiB"],
    ["places that are all taken", onePlace, "queue", "maxSequences"],
    ["prompts that wait for their turn", spared, "queue", "maxDecodeSlowdown"],
    ["places that are all taken on processors that can no more", saturated, "compute", "replicas"],
  ])("of %s", (_, samples, bottleneck, change) => {
    const given = samples === onePlace ? onePlaceMachine() : {};
    const { changes, because, ...found } = verdict(samples, given);
    expect(found.bottleneck).toBe(bottleneck);
    expect(changes[0]?.setting).toBe(change);
    expect(because).not.toMatch(/NaN|undefined|Infinity/);
    expect(JSON.stringify(found.evidence)).not.toMatch(/null/);
  });

  test("of a few steps in a long while is that nothing bounds the engine", () => {
    const { bottleneck, because } = verdict(oneStream.slice(0, 100), {}, 30);
    expect(bottleneck).toBe("none");
    expect(because).toBe("a step ran in 2 % of the last 30 s, and nothing waited");
  });

  test("gives the present value of what it would change, and the variable that sets it", () => {
    expect(verdict(preempting).changes).toEqual([
      expect.objectContaining({ setting: "kvCacheMiB", variable: "PLINTH_KV_CACHE_MIB", value: 96 }),
      expect.objectContaining({ setting: "kvCachePrecision", value: "float32" }),
      expect.objectContaining({ setting: "maxSequences", variable: "PLINTH_MAX_SEQUENCES", value: 64 }),
      expect.objectContaining({ setting: "maxModelLen", variable: "PLINTH_MAX_MODEL_LEN" }),
      expect.objectContaining({ setting: "model", variable: "PLINTH_MODEL" }),
    ]);
    expect(settingsOf(verdict(blocked))).toEqual(["kvCacheMiB", "kvCachePrecision", "maxModelLen", "model"]);
  });

  const settingsOf = ({ changes }: Diagnosis) => changes.map(({ setting }) => setting);
  const stating = (stated: Partial<Machine["settings"]>): Partial<Machine> => ({
    settings: { ...machine.settings, ...stated },
  });

  test.each([
    ["float32", "fp32", "stored", "weights", /^int8, w8a8 or int4: /],
    ["bfloat16", "bf16", "stored", "weights", /^int8, w8a8 or int4: /],
    ["int8 on the fly", "int8", "int8", "weights", /^int4: .*measure the loss/],
    ["w8a8 on the fly", "w8a8", "w8a8", "weights", /^int4: .*measure the loss/],
    ["a w8a8 artifact", "w8a8", "stored", "model", /^an artifact with int4: .*measure the loss/],
    ["an int8 artifact", "int8", "stored", "model", /^an artifact with int4: .*measure the loss/],
  ] as const)(
    "advises fewer bits where reading weights of %s takes the time",
    (_, precision, weights, name, advice) => {
      const [first] = verdict(oneStream, {
        ...stating({ weights }),
        weights: { ...machine.weights, precision },
      }).changes;
      expect(first.setting).toBe(name);
      expect(first.advice).toMatch(advice);
    },
  );

  test("advises no fewer bits than there are, and drafts only where they are off", () => {
    const int4 = { weights: { ...machine.weights, precision: "int4" } } as const;
    expect(settingsOf(verdict(oneStream, int4))).toEqual(["concurrency"]);
    expect(settingsOf(verdict(oneStream, { ...int4, ...stating({ speculativeTokens: 0 }) }))).toEqual([
      "speculativeTokens",
      "concurrency",
    ]);
  });

  test.each([
    ["blocks that are short", preempting],
    ["prompts that take the time", longPrompts],
    ["prompts that wait for their turn", spared],
  ])("advises to cache prefixes where that is off and would help %s", (_, samples) => {
    expect(settingsOf(verdict(samples))).not.toContain("prefixCaching");
    const advised = verdict(samples, stating({ prefixCaching: false })).changes;
    expect(advised).toContainEqual(expect.objectContaining({ setting: "prefixCaching", value: false }));
  });

  test("takes a prompt to wait for blocks, not for its turn, where nearly all are used", () => {
    const used = steps(200, (step) => ({
      ...spared[step],
      stats: { ...spared[step].stats, usedBlocks: 250 },
    }));
    expect(verdict(used).bottleneck).toBe("cache_capacity");
    expect(verdict(spared).because).toContain("12.0 sequences waited behind prompts");
  });

  test("advises no smaller precision of the cache where it is the smallest", () => {
    const settings = { ...machine.settings, kvCachePrecision: "float16" } as const;
    expect(settingsOf(verdict(blocked, { settings }))).toEqual(["kvCacheMiB", "maxModelLen", "model"]);
  });

  test("advises more threads where processors are left", () => {
    const [first] = verdict(shortContexts, { processors: 8 }).changes;
    expect(first).toMatchObject({ setting: "threads", value: 2 });
    expect(first.advice).toContain("8 processors");
  });

  test("names no setting that does not exist, unless it belongs to no server", () => {
    const all = [
      oneStream,
      longContexts,
      shortContexts,
      longPrompts,
      preempting,
      onePlace,
      saturated,
      spared,
    ];
    const settings = { ...machine.settings, prefixCaching: false, speculativeTokens: 0 };
    const changes = all.flatMap((samples) => verdict(samples, { processors: 8, settings }).changes);
    for (const { setting, variable } of changes)
      if (variable === undefined) expect(["replicas", "concurrency"]).toContain(setting);
      else expect(runtimeSettings).toContain(setting);
  });

  test("gives the figures that decided", () => {
    const { evidence, because } = verdict(oneStream);
    expect(evidence).toMatchObject({
      steps: 500,
      busyShare: 1,
      stepMs: 6.6,
      outsideShare: 0.152,
      tokensPerStep: 1,
      prefillShare: 0,
      runningMean: 1,
      waitingMean: 0,
      preemptions: 0,
      weightBytesPerStep: 110e6,
      computeShare: 0.179,
    });
    expect(evidence.memoryShare).toBeCloseTo((110e6 + 159 * 24_576) / 26e9 / 0.0056, 1);
    expect(because).toContain("reading 110.0 MB of weights and 3.9 MB of cache explains 78 %");
  });

  test("trusts a step that read faster than one thread copies", () => {
    const { evidence } = verdict(oneStream, { copiedBytesPerSecond: 5e9 });
    expect(evidence.memoryBytesPerSecond).toBeGreaterThan(20e9);
    expect(evidence.memoryShare).toBeLessThanOrEqual(1);
  });

  test("says what it can before any step computed many tokens", () => {
    const given = { bestTokensPerSecond: undefined };
    expect(verdict(oneStream, given).bottleneck).toBe("memory_bandwidth");
    expect(verdict(oneStream, given).evidence).not.toHaveProperty("computeShare");
    expect(verdict(shortContexts, given).bottleneck).toBe("compute");
  });
});

function onePlaceMachine(): Partial<Machine> {
  const limits = { ...machine.plan.limits, maxSequences: 1 };
  return { plan: { ...machine.plan, limits } };
}

describe("a server's diagnosis", () => {
  /** Prompts that share no prefix. */
  const load = (promptTokens: number, maxTokens: number, requests: number) => ({
    prompt: Array.from({ length: requests }, (_, first) =>
      Array.from({ length: promptTokens }, (_, token) => first + token),
    ),
    max_tokens: maxTokens,
    ignore_eos: true,
  });

  async function underLoad(settings: Parameters<typeof startRuntime>[0], body: object): Promise<Diagnosis> {
    const server = await startRuntime(settings);
    await server.post("/v1/completions", body);
    const diagnosis = (await (await fetch(`${server.url}${runtimePaths.diagnosis}`)).json()) as Diagnosis;
    await server.stop();
    return diagnosis;
  }

  test("finds nothing where nothing runs", async () => {
    const server = await startRuntime();
    const response = await fetch(`${server.url}${runtimePaths.diagnosis}`);
    expect(await response.json()).toMatchObject({
      bottleneck: "none",
      because: "no step ran lately",
      changes: [],
    });
    await server.stop();
  });

  test("finds a cache that is too small for the load", async () => {
    const { bottleneck, changes, evidence } = await underLoad({ kvCacheMiB: 2 }, load(3, 250, 6));
    expect(bottleneck).toBe("cache_capacity");
    expect(changes[0]).toMatchObject({ setting: "kvCacheMiB", value: 2 });
    expect(evidence.preemptions).toBeGreaterThan(0);
    expect(evidence.usedBlocksShare).toBeGreaterThan(0.5);
  });

  test("finds a queue before too few places", async () => {
    const { bottleneck, changes, evidence } = await underLoad({ maxSequences: 1 }, load(3, 40, 8));
    expect(bottleneck).toBe("queue");
    expect(changes[0]).toMatchObject({ setting: "maxSequences", value: 1 });
    expect(evidence.waitedForPlaceShare).toBeGreaterThan(0.5);
  });

  test("finds that prompts keep the processors busy", async () => {
    const { bottleneck, evidence } = await underLoad({}, load(400, 1, 12));
    expect(bottleneck).toBe("compute");
    expect(evidence.prefillShare).toBe(1);
    expect(evidence.memoryBytesPerSecond).toBeGreaterThan(0);
  });
});

import { copyFileSync, cpSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { convertCheckpoint } from "../../../runtime/src/artifacts/convert";
import { noProgress } from "../../../runtime/src/artifacts/progress";
import { parseRuntimeConfig, runtimeMetrics, runtimePaths } from "../../../runtime/src/config";
import type { GenerationRequest } from "../../../runtime/src/engine/engine-client";
import { Runtime } from "../../../runtime/src/runtime";
import { bard, llama } from "../../support/checkpoints";
import { type Fault, FaultyThreads } from "../../support/faulty-engine";
import { collect, eventually, type RunningRuntime, startRuntime } from "../../support/running-runtime";
import { greedy } from "../../support/sequences";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

afterEach(removeTemporaryDirectories);

const endless = { model: "bard", prompt: [1], max_tokens: 500, ignore_eos: true };

async function status(server: RunningRuntime, path: string): Promise<number> {
  return (await fetch(`${server.url}${path}`)).status;
}

/** 32 completions at the same time, some of them sampled. */
async function thirtyTwo(server: RunningRuntime): Promise<unknown[]> {
  return Promise.all(
    Array.from({ length: 32 }, async (_, index) => {
      const response = await server.post("/v1/completions", {
        model: "bard",
        prompt: [1, 5 + index, 9],
        max_tokens: 12,
        ignore_eos: true,
        temperature: index % 2,
        seed: index,
        return_token_ids: true,
      });
      expect(response.status).toBe(200);
      return ((await response.json()) as { choices: unknown[] }).choices;
    }),
  );
}

function logged(server: RunningRuntime, message: string): Record<string, unknown>[] {
  return server.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === message);
}

describe.each<[Fault, RegExp]>([
  ["exit", /ended with code 7/],
  ["uncaught", /injected exception/],
  ["out of memory", /memory/],
])("an engine whose thread dies (%s)", (fault, cause) => {
  test("ends what runs with an error that says so, is rebuilt, and serves as before", async () => {
    const threads = new FaultyThreads({ restartsMax: 3, windowSeconds: 600, delayMs: 300, delayMsMax: 300 });
    const server = await startRuntime({}, threads);
    const before = await thirtyTwo(server);
    const whole = server.post("/v1/completions", endless);
    const streamed = await server.post("/v1/completions", { ...endless, stream: true });
    await eventually(() => server.runtime.engine.stats.running === 2);

    threads.inject(fault);

    const failed = await whole;
    expect(failed.status).toBe(500);
    const message = "the engine failed while this request ran; it is being rebuilt: send it again";
    expect(await failed.json()).toMatchObject({ error: { code: "engine_error", message } });
    const text = await streamed.text();
    expect(text).toContain(message);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);

    expect(await status(server, runtimePaths.live)).toBe(200);
    expect(await status(server, runtimePaths.ready)).toBe(503);
    const refused = await server.post("/v1/completions", endless);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      error: { code: "not_ready", message: "the engine failed and is being rebuilt; try again shortly" },
    });

    await eventually(() => server.runtime.engine.isReady);
    expect(await status(server, runtimePaths.ready)).toBe(200);
    expect(await thirtyTwo(server)).toEqual(before);
    expect(await server.metric('plinth:engine_restarts_total{reason="thread_died"')).toBe(1);
    const [{ err }] = logged(server, "the engine is lost and will be rebuilt");
    expect((err as Error).message).toMatch(cause);
    expect(logged(server, "the engine is rebuilt and serves again")).toHaveLength(1);

    expect(threads.alive).toBe(1);
    expect(server.runtime.engine.inFlight).toBe(0);
    await eventually(async () => (await server.metric(runtimeMetrics.cacheUsage)) === 0);
    expect(await server.metric(runtimeMetrics.running)).toBe(0);
    expect(await server.metric(runtimeMetrics.waiting)).toBe(0);
    await server.stop();
    expect(threads.alive).toBe(0);
  });
});

test("an engine whose thread dies too often makes the server neither ready nor live", async () => {
  const threads = new FaultyThreads({ restartsMax: 2, windowSeconds: 600, delayMs: 10, delayMsMax: 10 });
  const server = await startRuntime({}, threads);
  for (const message of [/being rebuilt/, /being rebuilt/, /must be restarted/]) {
    threads.inject("exit");
    const response = await server.post("/v1/completions", endless);
    expect(response.status).toBe(500);
    const { error } = (await response.json()) as { error: Error };
    expect(error.message).toMatch(message);
    await eventually(() => server.runtime.engine.isReady || server.runtime.engine.isDead);
  }
  expect(String(await server.runtime.engine.died)).toContain("ended with code 7");
  expect(await status(server, runtimePaths.live)).toBe(500);
  expect(await status(server, runtimePaths.ready)).toBe(500);
  expect((await server.post("/v1/completions", endless)).status).toBe(500);
  expect(threads.started).toBe(3);
  expect(threads.alive).toBe(0);
  await server.stop();
});

test("an engine whose thread the system refuses to start is started again later", async () => {
  const threads = new FaultyThreads({ restartsMax: 3, windowSeconds: 600, delayMs: 10, delayMsMax: 10 });
  let refusals = 1;
  const server = await startRuntime(
    {},
    {
      restartLimits: threads.restartLimits,
      start: (workerData) => {
        if (threads.started === 1 && refusals-- > 0) throw new Error("EAGAIN");
        return threads.start(workerData);
      },
    },
  );
  threads.inject("exit");
  expect((await server.post("/v1/completions", endless)).status).toBe(500);
  await eventually(() => server.runtime.engine.isReady);
  expect(await server.metric('plinth:engine_restarts_total{reason="load_failed"')).toBe(1);
  const causes = logged(server, "the engine is lost and will be rebuilt").map(
    ({ err }) => (err as Error).message,
  );
  expect(causes).toEqual(["the engine's thread ended with code 7", "EAGAIN"]);
  await server.stop();
  expect(threads.alive).toBe(0);
});

describe("a step that fails", () => {
  test("ends its sequences with an error, is logged with its cause, and the engine goes on", async () => {
    const threads = new FaultyThreads();
    const server = await startRuntime({}, threads);
    const running = await server.post("/v1/completions", { ...endless, stream: true });
    await eventually(() => server.runtime.engine.stats.running === 1);

    threads.inject("throw");

    const text = await running.text();
    expect(text).toContain('"code":"engine_error"');
    expect(text).not.toContain("injected");
    expect(logged(server, "a step of the engine failed")).toMatchObject([
      { sequences: 1, cause: "injected failure" },
    ]);
    expect(server.runtime.engine.stats).toMatchObject({ running: 0, waiting: 0, usedBlocks: 0 });
    expect((await server.post("/v1/completions", { ...endless, max_tokens: 3 })).status).toBe(200);
    expect(threads.started).toBe(1);
    await server.stop();
  });

  test("is the session's fault where three in a row do: the engine is rebuilt", async () => {
    const threads = new FaultyThreads();
    const server = await startRuntime({}, threads);
    const fail = async (times: number) => {
      threads.inject("throw", times);
      for (let step = 0; step < times; step++)
        expect((await server.post("/v1/completions", endless)).status).toBe(500);
    };
    await fail(2);
    await thirtyTwo(server);
    await fail(2);
    expect(threads.started).toBe(1);
    await fail(1);
    await eventually(() => server.runtime.engine.isReady && threads.started === 2);
    expect(await server.metric('plinth:engine_restarts_total{reason="steps_failed"')).toBe(1);
    await thirtyTwo(server);
    expect(threads.alive).toBe(1);
    await server.stop();
  });
});

describe("a model whose files break while it is served", () => {
  const copyOf = (source: string) => async (target: string) => cpSync(source, target, { recursive: true });
  const artifact = async (target: string) => {
    await convertCheckpoint(bard.directory, target, { weights: "int8", progress: noProgress });
  };

  // Whatever a kernel read in place would kill the process as soon as its page is gone.
  test.each([
    ["bfloat16", copyOf(bard.directory), 300_000, /ends at byte \d+, the file has 300000: download it again/],
    ["float32", copyOf(llama.directory), 0, /not a safetensors file, or cut off: 0 bytes/],
    ["int8", artifact, 0, /must have \d+ bytes as plinth.json has it, got 0: copy the artifact again/],
  ])(
    "is served from memory in %s; a rebuild says what is broken and waits for the repair",
    async (_, make, bytes, finding) => {
      const directory = join(temporaryDirectory(), "model");
      await make(directory);
      const weights = join(directory, "model.safetensors");
      const whole = join(temporaryDirectory(), "model.safetensors");
      copyFileSync(weights, whole);
      const threads = new FaultyThreads({ restartsMax: 1, windowSeconds: 600, delayMs: 10, delayMsMax: 50 });
      const server = await startRuntime({ model: directory, servedModelName: "bard" }, threads);
      const before = await thirtyTwo(server);

      truncateSync(weights, bytes);
      expect(await thirtyTwo(server)).toEqual(before);

      threads.inject("exit");
      expect((await server.post("/v1/completions", endless)).status).toBe(500);
      // More often than a thread may die.
      await eventually(() => logged(server, "the engine is lost and will be rebuilt").length >= 4);
      const [, { reason, findings }] = logged(server, "the engine is lost and will be rebuilt");
      expect(reason).toBe("load_failed");
      expect((findings as string[])[0]).toMatch(finding);
      expect(await status(server, runtimePaths.live)).toBe(200);
      expect(await status(server, runtimePaths.ready)).toBe(503);

      copyFileSync(whole, weights);
      await eventually(() => server.runtime.engine.isReady);
      expect(await thirtyTwo(server)).toEqual(before);
      await server.stop();
    },
  );

  test("rejects the start where they have gone before, and leaves nothing running", async () => {
    const directory = temporaryDirectory();
    cpSync(llama.directory, directory, { recursive: true });
    const config = parseRuntimeConfig({ model: directory, host: "127.0.0.1", port: 0, threads: 1 });
    const runtime = new Runtime(config, pino({ level: "silent" }));
    rmSync(join(directory, "model.safetensors"));
    await expect(runtime.start()).rejects.toThrow(/has no \*\.safetensors/);
    expect(runtime.engine.isDead).toBe(true);
  });

  test("is refused before anything runs where it is cut off from the beginning", async () => {
    const directory = temporaryDirectory();
    cpSync(llama.directory, directory, { recursive: true });
    truncateSync(join(directory, "model.safetensors"), 300_000);
    await expect(startRuntime({ model: directory })).rejects.toThrow(
      /ends at byte \d+, the file has 300000: download it again/,
    );
  });
});

describe("a server that is told to stop while its engine is rebuilt", () => {
  test.each([
    ["between two threads", 60_000],
    ["while the next one loads", 0],
  ])("%s, drains and leaves nothing running", async (_, delayMs) => {
    const threads = new FaultyThreads({ restartsMax: 3, windowSeconds: 600, delayMs, delayMsMax: delayMs });
    const server = await startRuntime({ gracePeriodSeconds: 60 }, threads);
    threads.inject("exit");
    expect((await server.post("/v1/completions", endless)).status).toBe(500);
    await eventually(() => threads.alive === (delayMs === 0 ? 1 : 0));
    expect(await server.runtime.drain(new AbortController().signal)).toBe(true);
    expect(threads.alive).toBe(0);
    expect(threads.started).toBe(delayMs === 0 ? 2 : 1);
    await expect(fetch(server.url)).rejects.toThrow();
  });
});

describe("the engine's queue", () => {
  const request = (tokens: number, forks = 0): GenerationRequest => ({
    promptTokenIds: Array(tokens).fill(5),
    params: { ...greedy, maxTokens: 3 },
    priority: 0,
    forkSeeds: Array(forks).fill(1),
  });

  test("is bounded in prompt tokens: what exceeds it is told the bound, and what comes first is not", async () => {
    const server = await startRuntime({ maxQueuedTokens: 100 });
    const { engine } = server.runtime;
    const long = engine.submit([request(300)]);
    expect(() => engine.submit([request(1)])).toThrow(
      "prompts of 300 tokens wait and 1 more would exceed maxQueuedTokens 100; try again later",
    );
    await collect(long[0]);
    const short = engine.submit([request(60), request(30)]);
    expect(() => engine.submit([request(11)])).toThrow(/prompts of 90 tokens wait and 11 more/);
    short[0].abort();
    short.push(...engine.submit([request(70)]));
    await Promise.all(short.map((generation) => collect(generation)));
    expect(engine.inFlight).toBe(0);
    expect(() => engine.expectRoomFor(1, 100)).not.toThrow();
    await server.stop();
  });

  test("names the settings where its places are taken", async () => {
    const server = await startRuntime({ maxSequences: 1, maxQueuedRequests: 1 });
    const { engine } = server.runtime;
    const taken = engine.submit([request(5), request(5)]);
    expect(() => engine.expectRoomFor(1)).toThrow(
      "2 of 2 places (maxSequences 1 and maxQueuedRequests 1) are taken and 1 are wanted; try again later",
    );
    await Promise.all(taken.map((generation) => collect(generation)));
    await server.stop();
  });
});

import { cpSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { pino } from "pino";
import { parseRuntimeConfig, runtimePaths } from "../../../runtime/src/config";
import { Runtime } from "../../../runtime/src/runtime";
import { bard, llama } from "../../support/checkpoints";
import { eventually, startRuntime } from "../../support/running-runtime";
import { greedy } from "../../support/sequences";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

afterEach(removeTemporaryDirectories);

test("an engine whose thread dies ends what runs with an error and makes the server neither ready nor live", async () => {
  const server = await startRuntime();
  const running = server.post("/v1/completions", {
    model: "bard",
    prompt: [1],
    max_tokens: 500,
    ignore_eos: true,
  });
  await eventually(() => server.runtime.engine.stats.running === 1);

  const { thread } = server.runtime.engine as unknown as { thread: Worker };
  thread.postMessage({ type: "add", sequences: "not a list of sequences" });

  const response = await running;
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({
    error: { code: "engine_error" },
  });
  expect((await fetch(`${server.url}${runtimePaths.live}`)).status).toBe(500);
  expect((await fetch(`${server.url}${runtimePaths.ready}`)).status).toBe(503);
  expect((await server.post("/v1/completions", { model: "bard", prompt: [1] })).status).toBe(500);
  await server.stop();
});

test("a step that fails ends its sequences with an error, is logged with its cause, and the engine goes on", async () => {
  const lines: string[] = [];
  const config = parseRuntimeConfig({
    model: bard.directory,
    host: "127.0.0.1",
    port: 0,
    gracePeriodSeconds: 0,
  });
  const runtime = new Runtime(
    config,
    pino({ level: "error" }, { write: (line: string) => void lines.push(line) }),
  );
  const url = await runtime.start();
  const post = (body: object) =>
    fetch(`${url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: [1], ignore_eos: true, ...body }),
    });
  const running = await post({ max_tokens: 400, stream: true });
  await eventually(() => runtime.engine.stats.running === 1);

  // A token that the model does not know; the routes would refuse it.
  const { thread } = runtime.engine as unknown as { thread: Worker };
  thread.postMessage({
    type: "add",
    sequences: [{ id: 999, promptTokenIds: [5_000], params: greedy, priority: 0, forks: [] }],
  });

  const text = await running.text();
  expect(text).toContain('"code":"engine_error"');
  expect(text).not.toContain("Gather");
  expect(lines.filter((line) => line.includes("a step of the engine failed"))).toHaveLength(1);
  expect(JSON.parse(lines[0])).toMatchObject({ sequences: 2, cause: expect.stringContaining("Gather") });
  expect(runtime.engine.stats).toMatchObject({ running: 0, waiting: 0, usedBlocks: 0 });
  expect((await post({ max_tokens: 3 })).status).toBe(200);
  await runtime.drain(AbortSignal.abort());
});

test("a model whose files have gone rejects the start and leaves nothing running", async () => {
  const directory = temporaryDirectory();
  cpSync(llama.directory, directory, { recursive: true });
  const config = parseRuntimeConfig({ model: directory, host: "127.0.0.1", port: 0, threads: 1 });
  const runtime = new Runtime(config, pino({ level: "silent" }));
  rmSync(join(directory, "model.safetensors"));
  await expect(runtime.start()).rejects.toThrow(/has no \*\.safetensors/);
  expect(runtime.engine.isDead).toBe(true);
});

test("a model that is cut off is refused before anything runs", async () => {
  const directory = temporaryDirectory();
  cpSync(llama.directory, directory, { recursive: true });
  const weights = join(directory, "model.safetensors");
  truncateSync(weights, 300_000);
  await expect(startRuntime({ model: directory })).rejects.toThrow(
    /ends at byte \d+, the file has 300000: download it again/,
  );
});

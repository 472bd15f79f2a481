import OpenAI from "openai";
import { pino } from "pino";
import { parseRuntimeConfig, type RuntimeConfigInput, runtimePaths } from "../../runtime/src/config";
import type { EngineThreads } from "../../runtime/src/engine/engine-client";
import { Runtime } from "../../runtime/src/runtime";
import { bard } from "./checkpoints";

/** A server on a real socket, with the official client pointed at it. */
export type RunningRuntime = Readonly<{
  runtime: Runtime;
  url: string;
  client: OpenAI;
  post(path: string, body: unknown): Promise<Response>;
  /** The value of a metric, summed over the labels that the name leaves open. */
  metric(name: string): Promise<number>;
  /** What the server logged, a line of JSON each. */
  log: readonly string[];
  stop(): Promise<void>;
}>;

export async function startRuntime(
  settings: Partial<RuntimeConfigInput> = {},
  threads?: EngineThreads,
): Promise<RunningRuntime> {
  const config = parseRuntimeConfig({
    model: bard.directory,
    host: "127.0.0.1",
    port: 0,
    threads: 1,
    gracePeriodSeconds: 0,
    ...settings,
  });
  const log: string[] = [];
  const logger = pino({ level: "info" }, { write: (line: string) => void log.push(line) });
  const runtime = new Runtime(config, logger, threads);
  const url = await runtime.start();
  return {
    runtime,
    url,
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 }),
    post: (path, body) =>
      fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    metric: async (name) => {
      const text = await (await fetch(`${url}${runtimePaths.metrics}`)).text();
      const samples = text
        .split("\n")
        .filter((line) => line.startsWith(name) && "{, ".includes(line[name.length]));
      if (samples.length === 0) throw new Error(`no metric ${name}`);
      return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
    },
    log,
    stop: async () => {
      await runtime.drain(new AbortController().signal);
    },
  };
}

/** Waits until a condition holds; the test's own timeout is the limit. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** All that an async iterable gives. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

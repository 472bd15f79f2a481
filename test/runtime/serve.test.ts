import { pino } from "pino";
import { parseRuntimeConfig } from "../../runtime/src/config";
import { Runtime } from "../../runtime/src/runtime";
import { serve } from "../../runtime/src/serve";
import { bard } from "../support/checkpoints";
import { FaultyThreads } from "../support/faulty-engine";

test("a server whose engine is dead for good logs the cause and ends with 1", async () => {
  const log: string[] = [];
  const config = parseRuntimeConfig({ model: bard.directory, host: "127.0.0.1", port: 0, threads: 1 });
  const logger = pino({}, { write: (line: string) => void log.push(line) });
  const threads = new FaultyThreads({ restartsMax: 0, windowSeconds: 600, delayMs: 0, delayMsMax: 0 });
  const runtime = new Runtime(config, logger, threads);
  const signals = ["SIGTERM", "SIGINT"] as const;
  const before = signals.map((signal) => process.listeners(signal));

  const exitCode = await serve(runtime, logger, (address) => {
    threads.inject("exit");
    void fetch(`${address}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: [1] }),
    });
  });

  expect(exitCode).toBe(1);
  expect(threads.alive).toBe(0);
  const fatal = log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "the engine died");
  expect(fatal).toEqual([
    expect.objectContaining({ err: expect.objectContaining({ message: expect.stringContaining("code 7") }) }),
  ]);
  for (const [index, signal] of signals.entries())
    for (const listener of process.listeners(signal))
      if (!before[index].includes(listener)) process.removeListener(signal, listener);
});

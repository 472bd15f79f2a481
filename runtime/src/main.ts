#!/usr/bin/env node
import { pino } from "pino";
import { RuntimeConfigError, runtimeConfigFromEnvironment } from "./config";
import { CheckpointError } from "./model/checkpoint-error";
import { Runtime } from "./runtime";

/** The container's entry: configuration from the environment, then serve until told to stop. */
async function main(): Promise<void> {
  const config = runtimeConfigFromEnvironment(process.env);
  const logger = pino({ level: config.logLevel });
  const runtime = new Runtime(config, logger);
  const hurry = new AbortController();
  let stopped: Promise<void> | undefined;
  const stop = (signal: NodeJS.Signals) => {
    if (stopped) hurry.abort();
    logger.info({ signal, inFlight: runtime.engine.inFlight }, "draining");
    stopped ??= runtime.drain(hurry.signal).then(() => process.exit(0));
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  const address = await runtime.start();
  logger.info({ address, model: config.model, plan: runtime.plan }, "serving");
  const cause = await runtime.engine.died;
  logger.fatal({ err: cause }, "the engine died");
  await runtime.drain(hurry.signal);
  process.exit(1);
}

main().catch((cause: unknown) => {
  console.error(explain(cause));
  process.exit(1);
});

function explain(cause: unknown): string {
  if (cause instanceof RuntimeConfigError || cause instanceof CheckpointError)
    return ["plinth-runtime cannot start:", ...cause.findings.map((finding) => `  ${finding}`)].join("\n");
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return `plinth-runtime cannot start: ${message}. Set PLINTH_PORT to a free port.`;
  return `plinth-runtime cannot start: ${(cause as Error).stack ?? String(cause)}`;
}

#!/usr/bin/env node
import { runtimeConfigFromEnvironment } from "./config";
import { createLogger } from "./logger";
import { Runtime } from "./runtime";
import { serve } from "./serve";
import { explainStartupFailure } from "./startup-failure";

/** The container's entry: configuration from the environment, then serve until told to stop. */
async function main(): Promise<number> {
  const config = runtimeConfigFromEnvironment(process.env);
  const logger = createLogger(config.logLevel);
  const runtime = new Runtime(config, logger);
  return serve(runtime, logger, (address) =>
    logger.info({ address, model: config.model, plan: runtime.plan }, "serving"),
  );
}

main().then(
  (exitCode) => process.exit(exitCode),
  (cause: unknown) => {
    console.error(`plinth-runtime cannot start:\n${explainStartupFailure(cause)}`);
    process.exit(1);
  },
);

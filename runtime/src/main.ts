#!/usr/bin/env node
import { type Command, HELP, parseCommandLine } from "./cli/command-line";
import { progressBar } from "./cli/progress-bar";
import { runCommand } from "./cli/run-command";
import { UsageError } from "./cli/usage-error";
import { runtimeConfigFromEnvironment } from "./config";
import { createLogger } from "./logger";
import { CheckpointError } from "./model/checkpoint-error";
import { Runtime } from "./runtime";
import { serve } from "./serve";
import { explainStartupFailure } from "./startup-failure";

/** The container's entry. Without a command: configuration from the environment, then serve until told to stop. */
async function main(command: Command): Promise<number> {
  if (command.name === "serve") return serveModel();
  if (command.name === "help") {
    console.log(HELP);
    return 0;
  }
  const stop = new AbortController();
  // A conversion removes what it has written so far; the others leave nothing and may be cut off.
  if (command.name === "convert")
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => stop.abort(new CheckpointError([`stopped by ${signal}`])));
  console.log(await runCommand(command, progressBar(process.stderr), stop.signal));
  return 0;
}

async function serveModel(): Promise<number> {
  const config = runtimeConfigFromEnvironment(process.env);
  const logger = createLogger(config.logLevel);
  const runtime = new Runtime(config, logger);
  return serve(runtime, logger, (address) =>
    logger.info({ address, model: config.model, plan: runtime.plan }, "serving"),
  );
}

function explain(cause: unknown, command: Command | undefined): string {
  if (command?.name === "serve") return `plinth-runtime cannot start:\n${explainStartupFailure(cause)}`;
  if (cause instanceof UsageError) return `${cause.findings.join("\n")}\nSee plinth-runtime --help`;
  return explainStartupFailure(cause);
}

async function run(): Promise<number> {
  let command: Command | undefined;
  try {
    command = parseCommandLine(process.argv.slice(2));
    return await main(command);
  } catch (cause) {
    console.error(explain(cause, command));
    return 1;
  }
}

void run().then((exitCode) => process.exit(exitCode));

#!/usr/bin/env node
import { checkpointFolder } from "./checkpoint-config";
import { CheckpointStore } from "./checkpoint-store";
import { jobConfigFromEnvironment } from "./config";
import { type ExitCode, exitCodes, TrainingError } from "./errors";
import { createLogger } from "./logger";
import { Preemption } from "./preemption";
import { train } from "./train";
import { TrainingRun } from "./training-run";

/** The container's entry: configuration from the environment, then train until finished or told to stop. */
async function main(): Promise<ExitCode> {
  const config = jobConfigFromEnvironment(process.env);
  const { uri, supersededUri, keepLast, graceSeconds } = config.checkpoint;
  const preemption = Preemption.ofProcess(graceSeconds);
  const log = createLogger(config.trainer.logLevel);
  const run = new TrainingRun(config.trainer);
  const folder = checkpointFolder(uri);
  log.info({ folder, configuration: run.configuration }, "opening checkpoints");
  const store = await CheckpointStore.open({
    folder,
    supersededFolder: supersededUri === undefined ? undefined : checkpointFolder(supersededUri),
    keepLast,
    configuration: run.configuration,
    log,
  });
  return exitCodes[await train({ config, run, store, preemption, log })];
}

function explain(cause: unknown): ExitCode {
  const known = cause instanceof TrainingError;
  console.error(known ? `plinth-trainer: ${cause.code}: ${cause.message}` : cause);
  return known ? cause.exitCode : exitCodes.failed;
}

void main()
  .catch(explain)
  .then((exitCode) => process.exit(exitCode));

import { checkpointFolder } from "./checkpoint-config";
import { CheckpointStore } from "./checkpoint-store";
import { JobConfigError, jobConfigFromEnvironment } from "./config";
import { TrainingError } from "./errors";
import { type ExitCode, exitCodes } from "./exit-codes";
import { createLogger } from "./logger";
import { Preemption } from "./preemption";
import { train } from "./train";
import { TrainingRun } from "./training-run";
import { usage } from "./usage";

type Environment = Readonly<Record<string, string | undefined>>;

/** The process: configuration from the environment, then train until finished or told to stop. */
export async function runJob(env: Environment, args: readonly string[]): Promise<ExitCode> {
  if (args.length > 0) {
    console.log(usage());
    return args[0] === "--help" ? exitCodes.finished : exitCodes.refused;
  }
  try {
    return exitCodes[await trainAsConfigured(env)];
  } catch (cause) {
    if (!(cause instanceof TrainingError)) {
      console.error(cause);
      return exitCodes.failed;
    }
    const findings = cause instanceof JobConfigError ? cause.findings : [cause.message];
    console.error(`plinth-trainer: ${[cause.code, ...findings].join("\n  ")}`);
    return cause.exitCode;
  }
}

async function trainAsConfigured(env: Environment): Promise<"finished" | "preempted"> {
  const config = jobConfigFromEnvironment(env);
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
  return train({ config, run, store, preemption, log });
}

import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointEnvironment } from "../trainer/src/checkpoint-config";
import { runJob } from "../trainer/src/job";

/** `npm run train`: the reference training job on this machine, with checkpoints in a folder that stays. */
const defaults = checkpointEnvironment({
  uri: `file://${join(tmpdir(), "plinth-training")}`,
  everySeconds: 1,
});

void runJob({ ...defaults, ...process.env }, process.argv.slice(2)).then((exitCode) =>
  process.exit(exitCode),
);

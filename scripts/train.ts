import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointVariables } from "../trainer/src/checkpoint-config";
import { runJob } from "../trainer/src/job";

/** `npm run train`: the reference training job on this machine, with checkpoints in a folder that stays. */
const uri = process.env[checkpointVariables.uri] || `file://${join(tmpdir(), "plinth-training")}`;

void runJob({ ...process.env, [checkpointVariables.uri]: uri }).then((exitCode) => process.exit(exitCode));

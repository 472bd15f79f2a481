import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointVariables } from "../trainer/src/checkpoint-config";

/** `npm run train`: the reference training job on this machine, with checkpoints in a folder that stays. */
process.env[checkpointVariables.uri] ||= `file://${join(tmpdir(), "plinth-training")}`;
void import("../trainer/src/main");

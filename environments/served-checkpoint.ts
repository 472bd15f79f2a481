import { join } from "node:path";
import type { Finding } from "../constructs/construct-error";
import { type CheckpointConfig, checkpointConfigFrom } from "../constructs/sizing/checkpoint-config";

const root = join(__dirname, "..");

/** The `config.json` that an environment names by its path in this repository, or the finding for which there is none. */
export function servedCheckpoint(path: string | undefined): {
  checkpoint?: CheckpointConfig;
  findings: Finding[];
} {
  if (path === undefined) return { findings: [] };
  try {
    return { checkpoint: checkpointConfigFrom(join(root, path)), findings: [] };
  } catch {
    const remedy = "name the config.json of a checkpoint, as models/bard/config.json";
    return { findings: [{ property: "checkpointConfig", received: path, remedy }] };
  }
}

import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Checkpoint } from "../model/checkpoint";
import { digestFile } from "./file-digest";
import type { Progress } from "./progress";

/**
 * SHA-256 over the digests of config.json and of every file of weights: the same for two copies of a checkpoint,
 * whatever they are called. Reads all weights once.
 */
export async function sourceIdentity(checkpoint: Checkpoint, progress: Progress): Promise<string> {
  const paths = weightPaths(checkpoint);
  progress.begin(
    "reading the source",
    paths.reduce((sum, path) => sum + statSync(path).size, 0),
  );
  const config = await digestFile(join(checkpoint.directory, "config.json"), () => {});
  const digests = [config.sha256];
  for (const path of paths) digests.push((await digestFile(path, progress.advance)).sha256);
  progress.end();
  return createHash("sha256").update(digests.join("\n")).digest("hex");
}

/** The files of weights, sorted by name. */
function weightPaths({ weightsDirectory, tensors }: Checkpoint): string[] {
  return [...new Set([...tensors.values()].map(({ file }) => file))]
    .sort()
    .map((file) => join(weightsDirectory, file));
}

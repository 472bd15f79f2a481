import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Checkpoint } from "../model/checkpoint";
import { digestFile } from "./file-digest";
import type { Progress } from "./progress";

/**
 * SHA-256 over the digests of config.json and of every file of weights: the same for two copies of a checkpoint,
 * whatever they are called. Reads all weights once.
 * @throws the signal's reason
 */
export async function sourceIdentity(
  checkpoint: Checkpoint,
  progress: Progress,
  signal?: AbortSignal,
): Promise<string> {
  const paths = weightPaths(checkpoint);
  progress.begin(
    "reading the source",
    paths.reduce((sum, path) => sum + statSync(path).size, 0),
  );
  const config = await digestFile(join(checkpoint.directory, "config.json"), () => {});
  const digests: string[] = [];
  const advance = (bytes: number) => {
    signal?.throwIfAborted();
    progress.advance(bytes);
  };
  for (const path of paths) digests.push((await digestFile(path, advance)).sha256);
  progress.end();
  // Sorted by what they hold: behind the links of a hub cache the files have other names.
  const identity = [config.sha256, ...digests.sort()].join("\n");
  return createHash("sha256").update(identity).digest("hex");
}

/** The files of weights. */
function weightPaths({ weightsDirectory, tensors }: Checkpoint): string[] {
  return [...new Set([...tensors.values()].map(({ file }) => file))].map((file) =>
    join(weightsDirectory, file),
  );
}

import { join } from "node:path";
import { openCheckpoint } from "../model/checkpoint";
import { CheckpointError, CheckpointFindings } from "../model/checkpoint-error";
import { MANIFEST_FILE, type Manifest, readManifest } from "../model/manifest";
import { digestFile } from "./file-digest";
import type { Progress } from "./progress";

/**
 * Compares every file of an artifact with its manifest, byte for byte by their digests.
 * @throws CheckpointError with every file that is missing or differs, or where the directory is no artifact
 */
export async function verifyArtifact(directory: string, progress: Progress): Promise<Manifest> {
  const manifest = readManifest(directory);
  if (!manifest)
    throw new CheckpointError([
      `${directory} has no ${MANIFEST_FILE}: only what plinth-runtime convert made can be verified`,
    ]);
  // Sizes, headers and shapes come first: they are known at once.
  openCheckpoint(directory);
  const found = new CheckpointFindings();
  progress.begin(
    "verifying",
    manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  for (const { path, crc32c, sha256 } of manifest.files) {
    const digest = await digestFile(join(directory, path), progress.advance);
    if (digest.sha256 !== sha256)
      found.add([
        `${path} has SHA-256 ${digest.sha256}, ${MANIFEST_FILE} has ${sha256}: copy the artifact again`,
      ]);
    else if (digest.crc32c !== crc32c)
      found.add([`${path} has CRC-32C ${digest.crc32c}, ${MANIFEST_FILE} has ${crc32c}: convert again`]);
  }
  progress.end();
  found.throwIfAny();
  return manifest;
}

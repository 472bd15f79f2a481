import { join } from "node:path";
import { openCheckpoint } from "../model/checkpoint";
import { CheckpointError, CheckpointFindings } from "../model/checkpoint-error";
import { damagedFiles, MANIFEST_FILE, type Manifest, readManifest, unlistedFiles } from "../model/manifest";
import { digestFile } from "./file-digest";
import type { Progress } from "./progress";

/**
 * Compares every file of an artifact with its manifest, byte for byte by their digests.
 * @throws CheckpointError with every file that is missing, differs or is not of the artifact, or where the directory is
 * none
 */
export async function verifyArtifact(directory: string, progress: Progress): Promise<Manifest> {
  const manifest = readManifest(directory);
  if (!manifest)
    throw new CheckpointError([
      `${directory} has no ${MANIFEST_FILE}: only what plinth-runtime convert made can be verified`,
    ]);
  const found = new CheckpointFindings();
  const damages = damagedFiles(directory, manifest);
  if (damages.length === 0) found.attempt(() => openCheckpoint(directory));
  const known = new Map([...damages, ...unlistedFiles(directory, manifest)].map((each) => [each.path, each]));
  found.add([...known.values()].map(({ finding }) => finding));
  const wholeFiles = manifest.files.filter(({ path }) => !known.has(path));
  progress.begin(
    "verifying",
    wholeFiles.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  for (const { path, crc32c, sha256 } of wholeFiles) {
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

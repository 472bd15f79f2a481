import { createHash } from "node:crypto";
import { join } from "node:path";
import { TrainingError } from "./errors";
import { type Files, isErrno } from "./files";

/** What a checkpoint is of. A run resumes only from a checkpoint whose configuration is its own. */
export type RunConfiguration = Readonly<Record<string, string | number>>;

/** Files by name. */
export type FileContents = Readonly<Record<string, Uint8Array>>;

/** A checkpoint: everything that training needs to go on from a step. */
export type Generation = Readonly<{ step: number; configuration: RunConfiguration; files: FileContents }>;

const FORMAT = 1;

type Manifest = Readonly<{
  format: typeof FORMAT;
  step: number;
  configuration: RunConfiguration;
  files: Readonly<Record<string, Readonly<{ bytes: number; sha256: string }>>>;
}>;

const MANIFEST = "manifest.json";

/** The files of a generation with the manifest that names them, its own digest included. */
export function withManifest({ step, configuration, files }: Generation): FileContents {
  const manifest: Manifest = {
    format: FORMAT,
    step,
    configuration,
    files: Object.fromEntries(
      Object.entries(files).map(([name, bytes]) => [
        name,
        { bytes: bytes.byteLength, sha256: digest(bytes) },
      ]),
    ),
  };
  const signed = { ...manifest, sha256: digest(JSON.stringify(manifest)) };
  return { ...files, [MANIFEST]: Buffer.from(JSON.stringify(signed)) };
}

/** A generation whose bytes are not those that were written. An error of the file system is not one: it may pass. */
export class DamagedGenerationError extends Error {}

/** @throws DamagedGenerationError, or TrainingError `other_configuration` where another version of this program wrote it */
export async function readGeneration(disk: Files, folder: string): Promise<Generation> {
  const manifest = parseManifest(await readMember(disk, folder, MANIFEST));
  if (manifest.format !== FORMAT)
    throw new TrainingError(
      "other_configuration",
      `${folder}: the checkpoint is of format ${manifest.format}, and this program reads format ${FORMAT}; take the program that wrote it`,
    );
  const { step, configuration, files: entries } = manifest;
  const files: Record<string, Uint8Array> = {};
  for (const [name, { bytes, sha256 }] of Object.entries(entries)) {
    const content = await readMember(disk, folder, name);
    if (content.byteLength !== bytes)
      throw new DamagedGenerationError(`${name} has ${content.byteLength} bytes instead of ${bytes}`);
    if (digest(content) !== sha256)
      throw new DamagedGenerationError(`${name} has other bytes than were written`);
    files[name] = content;
  }
  return { step, configuration, files };
}

async function readMember(disk: Files, folder: string, name: string): Promise<Uint8Array> {
  try {
    return await disk.read(join(folder, name));
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "EISDIR", "ENOTDIR")) throw new DamagedGenerationError(`${name} is missing`);
    throw cause;
  }
}

function parseManifest(bytes: Uint8Array): Manifest {
  try {
    const { sha256, ...manifest } = JSON.parse(Buffer.from(bytes).toString());
    if (digest(JSON.stringify(manifest)) === sha256) return manifest;
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
  }
  throw new DamagedGenerationError(`${MANIFEST} has other bytes than were written`);
}

export function digest(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { weightPrecisions } from "../config";
import { CheckpointError } from "./checkpoint-error";
import { readJson } from "./json-file";

/** The file that makes a checkpoint directory an artifact: what it holds and what it was made from. */
export const MANIFEST_FILE = "plinth.json";
export const MANIFEST_VERSION = 1;

/** How an artifact stores its matrices. */
export type WeightPrecision = (typeof weightPrecisions)[number];

const hexadecimal = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
/** A file of the directory itself: no path, no way up, no byte that ends a path. */
const fileName = z
  .string()
  .refine(
    (name) => basename(name) === name && !/^\.{0,2}$|[\\\p{Cc}]/u.test(name),
    "must be the name of a file",
  );

const manifestSchema = z.strictObject({
  formatVersion: z.literal(MANIFEST_VERSION),
  plinthVersion: z.string(),
  weights: z.enum(weightPrecisions),
  settings: z.strictObject({
    /** Weights that share a scale; absent where none do. */
    blockLength: z.int().positive().optional(),
  }),
  source: z.strictObject({
    name: z.string(),
    /** Of the source's config.json and weights: `sourceIdentity`. */
    sha256: hexadecimal(64),
  }),
  /** Number of weights; a tied embedding counts once. */
  parameters: z.int().positive(),
  files: z
    .array(
      z.strictObject({
        path: fileName,
        bytes: z.int().nonnegative(),
        crc32c: hexadecimal(8),
        sha256: hexadecimal(64),
      }),
    )
    .nonempty()
    .refine(
      (files) => new Set(files.map(({ path }) => path)).size === files.length,
      "must name each file once",
    ),
});

export type Manifest = z.output<typeof manifestSchema>;

/**
 * @returns undefined where the directory has none, since it is a plain checkpoint
 * @throws CheckpointError where the manifest cannot be understood
 */
export function readManifest(directory: string): Manifest | undefined {
  const json = readJson(directory, MANIFEST_FILE);
  if (!json) return undefined;
  if (json.formatVersion !== MANIFEST_VERSION)
    throw new CheckpointError([
      `${MANIFEST_FILE}: formatVersion must be ${MANIFEST_VERSION}, got ${JSON.stringify(json.formatVersion)}: ` +
        "convert the checkpoint again with this version of plinth-runtime",
    ]);
  const result = manifestSchema.safeParse(json);
  if (result.success) return result.data;
  throw new CheckpointError(
    result.error.issues.map(({ path, message }) => `${MANIFEST_FILE}: ${path.join(".")}: ${message}`),
  );
}

/** A file of an artifact that is not as its manifest has it. */
export type Damage = Readonly<{ path: string; finding: string }>;

/**
 * Files of an artifact that are missing, have another size, or hold weights that the manifest does not know and that
 * would be read all the same. Looked at whenever it is opened, since it costs nothing.
 */
export function damagedFiles(directory: string, { files }: Manifest): Damage[] {
  const unlisted = unlistedFiles(directory, { files }).filter(({ path }) => /\.safetensors(\.|$)/.test(path));
  return [...files.flatMap((file) => damage(directory, file) ?? []), ...unlisted];
}

/** Files beside the manifest that it does not name, hidden ones aside. */
export function unlistedFiles(directory: string, { files }: Pick<Manifest, "files">): Damage[] {
  const listed = new Set([MANIFEST_FILE, ...files.map(({ path }) => path)]);
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".") && !listed.has(entry.name))
    .map(({ name }) => ({ path: name, finding: `${name} is not in ${MANIFEST_FILE}: remove it` }));
}

function damage(directory: string, { path, bytes }: Manifest["files"][number]): Damage | undefined {
  const stats = statSync(join(directory, path), { throwIfNoEntry: false });
  const got = stats?.isFile() ? stats.size : undefined;
  if (got === bytes) return undefined;
  const finding =
    got === undefined
      ? `${path} is missing or no file, ${MANIFEST_FILE} names it: copy the artifact again`
      : `${path} must have ${bytes} bytes as ${MANIFEST_FILE} has it, got ${got}: copy the artifact again`;
  return { path, finding };
}

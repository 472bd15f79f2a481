import { statSync } from "node:fs";
import { join } from "node:path";
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
const fileName = z.string().regex(/^[^/\\]+$/);

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
    .nonempty(),
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

/** What is wrong with the sizes of an artifact's files: looked at whenever it is opened, since it costs nothing. */
export function wrongSizes(directory: string, { files }: Manifest): string[] {
  return files.flatMap(({ path, bytes }) => {
    const got = statSync(join(directory, path), { throwIfNoEntry: false })?.size;
    if (got === bytes) return [];
    return got === undefined
      ? [`${path} is missing, ${MANIFEST_FILE} names it: copy the artifact again`]
      : [`${path} must have ${bytes} bytes as ${MANIFEST_FILE} has it, got ${got}: copy the artifact again`];
  });
}

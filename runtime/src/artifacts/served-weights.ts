import { createHash, randomBytes } from "node:crypto";
import { renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { RuntimeConfig } from "../config";
import { type Checkpoint, openCheckpoint } from "../model/checkpoint";
import { CheckpointError } from "../model/checkpoint-error";
import { damagedFiles, MANIFEST_VERSION, readManifest, type WeightPrecision } from "../model/manifest";
import { BLOCK_LENGTH } from "../model/quantization/block-quantization";
import { convertCheckpoint } from "./convert";
import { noProgress } from "./progress";
import { runtimeVersion } from "./runtime-version";
import { sourceIdentity } from "./source-identity";
import { planWeights } from "./weight-plan";

/** Which weights of a checkpoint are served. Plain data: it crosses to the engine's thread. */
export type ServedWeights =
  | Readonly<{ precision: "stored" }>
  | Readonly<{ precision: WeightPrecision; cacheDirectory: string }>;

/**
 * What the configuration asks for.
 * @throws CheckpointError where the checkpoint cannot be converted to it
 */
export function servedWeights(checkpoint: Checkpoint, config: RuntimeConfig): ServedWeights {
  const precision = config.weights;
  if (precision === "stored" || isStoredAs(checkpoint, precision)) return { precision: "stored" };
  planWeights(checkpoint, precision);
  return { precision, cacheDirectory: resolve(config.weightsCacheDirectory ?? defaultCacheDirectory()) };
}

function isStoredAs({ directory, tensors }: Checkpoint, precision: WeightPrecision): boolean {
  const manifest = readManifest(directory);
  if (manifest) return manifest.weights === precision;
  return precision === "fp32" && [...tensors.values()].every(({ dtype }) => dtype === "F32");
}

function defaultCacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "plinth", "weights");
}

/**
 * The directory that holds a checkpoint's weights as they are to be served: its own, or an artifact in the cache, which
 * is made where it is not there yet. The cache goes by what the source holds and not by its name or age, so all its
 * weights are read for that. Two processes may do this at once: each converts beside the cache's entry, the first to
 * end gives the entry its name, and both use it.
 *
 * @throws CheckpointError where the cache cannot be written
 */
export async function servedDirectory(directory: string, weights: ServedWeights): Promise<string> {
  if (weights.precision === "stored") return directory;
  const { precision, cacheDirectory } = weights;
  const identity = await sourceIdentity(openCheckpoint(directory), noProgress);
  const settings = [identity, precision, BLOCK_LENGTH, MANIFEST_VERSION, runtimeVersion()];
  const key = createHash("sha256").update(settings.join("\n")).digest("hex").slice(0, 32);
  const entry = join(cacheDirectory, `${precision}-${key}`);
  if (isWhole(entry)) return entry;
  try {
    await discard(entry);
    await convertCheckpoint(directory, entry, { weights: precision, progress: noProgress, identity });
  } catch (cause) {
    if (isWhole(entry)) return entry;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EROFS" || code === "EPERM" || code === "ENOTDIR" || code === "EEXIST")
      throw new CheckpointError([
        `weightsCacheDirectory ${cacheDirectory} cannot be written (${code}): name one that can, ` +
          "or convert beforehand with plinth-runtime convert",
      ]);
    throw cause;
  }
  return entry;
}

/** In one step and at once, since a process that converts too may be about to put a whole entry in its place. */
async function discard(entry: string): Promise<void> {
  const aside = `${entry}.damaged-${randomBytes(4).toString("hex")}`;
  try {
    renameSync(entry, aside);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return;
    throw cause;
  }
  await rm(aside, { recursive: true, force: true });
}

/** Whatever is wrong with an entry, converting again is the remedy. */
function isWhole(entry: string): boolean {
  try {
    const manifest = readManifest(entry);
    return manifest !== undefined && damagedFiles(entry, manifest).length === 0;
  } catch (cause) {
    if (cause instanceof CheckpointError) return false;
    throw cause;
  }
}

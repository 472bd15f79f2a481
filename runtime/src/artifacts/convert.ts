import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, statfsSync, statSync } from "node:fs";
import { copyFile, mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Checkpoint, openCheckpoint } from "../model/checkpoint";
import { CheckpointError } from "../model/checkpoint-error";
import { BYTES_PER_FLOAT, type FloatFormat, narrow, widen } from "../model/float-formats";
import { MANIFEST_FILE, MANIFEST_VERSION, type Manifest, type WeightPrecision } from "../model/manifest";
import { BLOCK_LENGTH, quantizeBlocks } from "../model/quantization/block-quantization";
import { quantizeRows } from "../model/quantization/row-quantization";
import { codesLength, formFor, scalesName } from "../model/quantization/stored-weights";
import { TensorBytes } from "../model/tensor-bytes";
import { digestFile } from "./file-digest";
import type { Progress } from "./progress";
import { runtimeVersion } from "./runtime-version";
import { SafetensorsWriter } from "./safetensors-writer";
import { sourceIdentity } from "./source-identity";
import { layoutOf, type PlannedTensor, planWeights, shardLayout, shardsOf } from "./weight-plan";

export type ConvertOptions = Readonly<{
  weights: WeightPrecision;
  progress: Progress;
  /** Ends the conversion between two tensors. */
  signal?: AbortSignal;
  /** About how large a file of weights may become, in bytes. */
  shardBytes?: number;
  /** The source's identity, where it is known already. */
  identity?: string;
}>;

const SHARD_BYTES = 2 * 1024 ** 3;
/** Weights that are converted at a time: bounds memory to some 100 MB, whatever the size of a tensor. */
const PIECE_LENGTH = 4 * 1024 * 1024;

/** What the directory in which an artifact is being made is called behind the artifact's name. */
const PARTIAL = /^\.partial-\d+-[0-9a-f]{8}$/;
/** A conversion writes several times a second, and then reads for as long as its artifact's digests take. */
const ABANDONED_MS = 3_600_000;

/** What text needs, and what people want to find; copied as they are where the source has them. */
const COPIED_FILES = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "chat_template.jinja",
  "chat_template.json",
  "README.md",
  "LICENSE",
];

/**
 * Makes an artifact of a checkpoint: its weights in another precision, its tokenizer and a manifest.
 *
 * Tensor by tensor, into a directory beside `out` that takes its name at the end: whatever ends the conversion early,
 * `out` is complete or not there.
 *
 * @throws CheckpointError where the source cannot be converted, `out` exists, or the disk is too small
 */
export async function convertCheckpoint(
  source: string,
  out: string,
  options: ConvertOptions,
): Promise<Manifest> {
  const target = resolve(out);
  const taken = () =>
    new CheckpointError([`${target} exists already: choose another directory or remove it first`]);
  // Also a link that leads nowhere.
  const isThere = () => lstatSync(target, { throwIfNoEntry: false }) !== undefined;
  if (isThere()) throw taken();
  const checkpoint = openCheckpoint(source);
  const planned = planWeights(checkpoint, options.weights);
  const partial = `${target}.partial-${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await removeAbandoned(target);
    requireSpace(dirname(target), planned);
    await mkdir(partial);
    // A manifest that says nothing: what is killed later opens as neither artifact nor checkpoint.
    await writeFile(join(partial, MANIFEST_FILE), "{}");
    const identity = options.identity ?? (await sourceIdentity(checkpoint, options.progress, options.signal));
    const files = await writeFiles(checkpoint, planned, partial, options);
    const manifest = await describe(checkpoint, partial, files, identity, options);
    await writeFile(join(partial, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 2)}\n`, {
      flush: true,
    });
    await syncDirectory(partial);
    await rename(partial, target);
    await syncDirectory(dirname(target));
    return manifest;
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    const { code } = cause as NodeJS.ErrnoException;
    if ((code === "ENOTEMPTY" || code === "EEXIST") && isThere()) throw taken();
    if (code === "ENOSPC" || code === "EDQUOT")
      throw new CheckpointError([
        `the disk of ${target} is full: free ${inMiB(bytesOf(planned))} or choose another`,
      ]);
    throw cause;
  }
}

/** Removes what conversions to the same place left that were killed: nobody else would. */
async function removeAbandoned(target: string): Promise<void> {
  const folder = dirname(target);
  for (const name of await readdir(folder)) {
    const rest = name.startsWith(basename(target)) ? name.slice(basename(target).length) : "";
    if (!PARTIAL.test(rest)) continue;
    const path = join(folder, name);
    // One that is gone meanwhile was written to just now.
    const files = await readdir(path).catch(() => []);
    const written = ["", ...files].map(
      (file) => statSync(join(path, file), { throwIfNoEntry: false })?.mtimeMs ?? Date.now(),
    );
    if (Date.now() - Math.max(...written) > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

/** Writes weights and text files and returns their names. */
async function writeFiles(
  checkpoint: Checkpoint,
  planned: readonly PlannedTensor[],
  directory: string,
  { weights, progress, signal, shardBytes = SHARD_BYTES }: ConvertOptions,
): Promise<string[]> {
  progress.begin(`converting to ${weights}`, bytesOf(planned));
  const source = new TensorBytes(checkpoint.weightsDirectory);
  const files: string[] = [];
  try {
    for (const shard of shardsOf(planned, shardBytes)) {
      files.push(shard.file);
      const writer = await SafetensorsWriter.create(join(directory, shard.file), shardLayout(shard));
      try {
        for (const tensor of shard.tensors) await writeTensor(writer, source, tensor, progress, signal);
        await writer.finish();
      } finally {
        await writer.close();
      }
    }
  } finally {
    source.close();
  }
  progress.end();
  for (const file of COPIED_FILES)
    if (existsSync(join(checkpoint.directory, file))) {
      await copyFile(join(checkpoint.directory, file), join(directory, file));
      files.push(file);
    }
  const config = JSON.parse(await readFile(join(checkpoint.directory, "config.json"), "utf8"));
  const isUntied =
    checkpoint.config.tieWordEmbeddings && planned.some(({ name }) => name === "lm_head.weight");
  const json = isUntied ? { ...config, tie_word_embeddings: false } : config;
  await writeFile(join(directory, "config.json"), `${JSON.stringify(json, undefined, 2)}\n`);
  return ["config.json", ...files];
}

async function writeTensor(
  writer: SafetensorsWriter,
  source: TensorBytes,
  { name, source: stored, form }: PlannedTensor,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  const format = stored.dtype as FloatFormat;
  const length = stored.length / BYTES_PER_FLOAT[format];
  const width = stored.shape[stored.shape.length - 1];
  // A row that has one scale is quantised in one piece.
  const piece = form === "rows" ? Math.max(1, Math.floor(PIECE_LENGTH / width)) * width : PIECE_LENGTH;
  for (let from = 0; from < length; from += piece) {
    signal?.throwIfAborted();
    const count = Math.min(piece, length - from);
    const size = BYTES_PER_FLOAT[format];
    const values = widen(source.read(stored, from * size, count * size), format);
    const finding = unfit(values, form);
    if (finding) throw new CheckpointError([`tensor ${name} in ${stored.file} ${finding}`]);
    if (form === "F32") await put(name, from * 4, values);
    else if (form === "F16") await put(name, from * 2, narrow(values));
    else {
      const [{ codes, scales }, scaled] =
        form === "rows" ? [quantizeRows(values, width), width] : [quantizeBlocks(values, form), BLOCK_LENGTH];
      await put(name, codesLength(from, form), codes);
      await put(scalesName(name), (from / scaled) * 4, scales);
    }
  }

  async function put(tensor: string, at: number, data: Float32Array | Uint16Array | Uint8Array | Int8Array) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    await writer.write(tensor, bytes, at);
    progress.advance(bytes.length);
  }
}

const FLOAT32_MAX = 3.4028234663852886e38;
const FLOAT16_MAX = 65_504;

/** Why values cannot be stored in a form: neither codes nor float16 have a place for all of them. */
function unfit(values: Float32Array, form: PlannedTensor["form"]): string | undefined {
  let most = 0;
  for (let at = 0; at < values.length; at++) {
    const magnitude = Math.abs(values[at]);
    // Not "above": what is no number is neither.
    if (!(magnitude <= FLOAT32_MAX)) return "holds weights that are not finite: download it again";
    if (magnitude > most) most = magnitude;
  }
  if (form === "F16" && most > FLOAT16_MAX)
    return `holds ${most}, float16 ends at ${FLOAT16_MAX}: convert to fp32, int8, w8a8 or int4`;
  return undefined;
}

async function describe(
  checkpoint: Checkpoint,
  directory: string,
  names: readonly string[],
  sha256: string,
  { weights, progress, signal }: ConvertOptions,
): Promise<Manifest> {
  const sizes = names.map((name) => statSync(join(directory, name)).size);
  progress.begin(
    "digesting",
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const files: Manifest["files"][number][] = [];
  const advance = (bytes: number) => {
    signal?.throwIfAborted();
    progress.advance(bytes);
  };
  for (const path of names) files.push({ path, ...(await digestFile(join(directory, path), advance)) });
  progress.end();
  return {
    formatVersion: MANIFEST_VERSION,
    plinthVersion: runtimeVersion(),
    weights,
    settings: typeof formFor(weights) === "number" ? { blockLength: BLOCK_LENGTH } : {},
    source: { name: basename(checkpoint.directory), sha256 },
    parameters: checkpoint.parameters,
    files: files as Manifest["files"],
  };
}

function bytesOf(planned: readonly PlannedTensor[]): number {
  return planned
    .map(layoutOf)
    .reduce((sum, { weights, scales }) => sum + weights.bytes + (scales?.bytes ?? 0), 0);
}

/** @throws CheckpointError */
function requireSpace(directory: string, planned: readonly PlannedTensor[]): void {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  const needed = bytesOf(planned);
  if (free < needed)
    throw new CheckpointError([
      `${directory} has ${inMiB(free)} free, the artifact needs ${inMiB(needed)}: free some or choose another disk`,
    ]);
}

function inMiB(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2).toLocaleString("en")} MiB`;
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  await directory.sync().finally(() => directory.close());
}

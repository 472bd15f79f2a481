import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { CheckpointError } from "./checkpoint-error";
import { type DecoderConfig, readDecoderConfig } from "./decoder-config";
import { decoderTensors } from "./decoder-tensors";
import { abridged, isObject, type JsonObject, readJson } from "./json-file";
import { readSafetensorsHeader, type StoredTensor } from "./safetensors";

/** A Hugging Face checkpoint directory whose weights are known to fit its configuration. */
export type Checkpoint = Readonly<{
  directory: string;
  name: string;
  config: DecoderConfig;
  /** Where the weights' files really lie: a hub cache keeps them elsewhere, behind links. */
  weightsDirectory: string;
  /** By name; `file` is relative to the directory of the weights. */
  tensors: ReadonlyMap<string, StoredTensor>;
  /** Tokens that end a completion. */
  eosTokenIds: readonly number[];
  /** What generation_config.json recommends where a request states nothing. */
  samplingDefaults: SamplingDefaults;
  /** Number of weights. */
  parameters: number;
  /** What was found and is not used. */
  warnings: readonly string[];
}>;

export type SamplingDefaults = Readonly<{ temperature?: number; topP?: number; topK?: number }>;

const INDEX_FILE = "model.safetensors.index.json";

/** The dtypes that weights may be stored in. */
const WEIGHT_DTYPES = ["F32", "F16", "BF16"];

/**
 * Reads and verifies a checkpoint directory. No weights are read, only their places.
 * @throws CheckpointError with every finding
 */
export function openCheckpoint(path: string): Checkpoint {
  const directory = resolve(path);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    throw new CheckpointError([`no such directory: ${directory}`]);
  const json = readJson(directory, "config.json");
  if (!json)
    throw new CheckpointError([
      `${directory} has no config.json: a Hugging Face checkpoint directory is wanted`,
    ]);
  const { config, unknownKeys } = readDecoderConfig(json);
  const tensors = readTensorPlaces(directory);
  verifyTensors(config, tensors);
  const generation = readJson(directory, "generation_config.json");
  return {
    directory,
    name: basename(directory),
    config,
    ...resolveLinks(directory, tensors),
    eosTokenIds: tokenIds(generation?.eos_token_id ?? json.eos_token_id),
    samplingDefaults: readSamplingDefaults(generation),
    parameters: decoderTensors(config).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    warnings: unknownKeys.map((key) => `config.json: ${key} is unknown and not used`),
  };
}

function readTensorPlaces(directory: string): Map<string, StoredTensor> {
  const files = weightFiles(directory);
  if (files.length === 0)
    throw new CheckpointError([`${directory} has no *.safetensors: convert the weights to safetensors`]);
  const missing = files.filter((file) => !existsSync(join(directory, file)));
  if (missing.length > 0)
    throw new CheckpointError(
      missing.map((file) => `${file} is missing, ${INDEX_FILE} names it: download it`),
    );
  const tensors = new Map<string, StoredTensor>();
  const findings: string[] = [];
  for (const file of files)
    try {
      for (const [name, tensor] of readSafetensorsHeader(join(directory, file), file))
        tensors.set(name, tensor);
    } catch (cause) {
      if (!(cause instanceof CheckpointError)) throw cause;
      findings.push(...cause.findings);
    }
  if (findings.length > 0) throw new CheckpointError(findings);
  return tensors;
}

function weightFiles(directory: string): string[] {
  const weightMap = readJson(directory, INDEX_FILE)?.weight_map;
  if (weightMap === undefined)
    return readdirSync(directory)
      .filter((file) => file.endsWith(".safetensors"))
      .sort();
  if (!isObject(weightMap))
    throw new CheckpointError([
      `${INDEX_FILE}: weight_map must map tensors to files, got ${abridged(weightMap)}`,
    ]);
  const files = [...new Set(Object.values(weightMap))].map(String);
  const outside = files.filter((file) => dirname(join(directory, file)) !== directory);
  if (outside.length > 0)
    throw new CheckpointError(
      outside.map((file) => `${INDEX_FILE} names ${file}, which is not a file of the directory itself`),
    );
  return files;
}

function verifyTensors(config: DecoderConfig, tensors: ReadonlyMap<string, StoredTensor>): void {
  const expected = new Map(decoderTensors(config).map((tensor) => [tensor.name, tensor]));
  const findings: string[] = [];
  for (const { name, shape } of expected.values()) {
    const stored = tensors.get(name);
    if (!stored) findings.push(`tensor ${name} [${shape}] is missing`);
    else if (`${stored.shape}` !== `${shape}`)
      findings.push(
        `tensor ${name} must be [${shape}] as config.json has it, got [${stored.shape}] in ${stored.file}`,
      );
    else if (!WEIGHT_DTYPES.includes(stored.dtype))
      findings.push(`tensor ${name} must be one of ${WEIGHT_DTYPES.join(", ")}, got ${stored.dtype}`);
  }
  for (const [name, { file }] of tensors)
    if (!expected.has(name) && !isDerived(name))
      findings.push(`tensor ${name} in ${file} has no place in this architecture`);
  if (findings.length > 0) throw new CheckpointError(findings);
}

/** onnxruntime refuses weights that lie outside of their directory once links are followed. */
function resolveLinks(
  directory: string,
  tensors: ReadonlyMap<string, StoredTensor>,
): Pick<Checkpoint, "weightsDirectory" | "tensors"> {
  const files = [...new Set([...tensors.values()].map(({ file }) => file))];
  const real = new Map(files.map((file) => [file, realpathSync(join(directory, file))]));
  let weightsDirectory = dirname([...real.values()][0]);
  while (![...real.values()].every((path) => path.startsWith(join(weightsDirectory, sep))))
    weightsDirectory = dirname(weightsDirectory);
  const resolved = [...tensors].map(([name, tensor]): [string, StoredTensor] => [
    name,
    { ...tensor, file: relative(weightsDirectory, real.get(tensor.file) as string) },
  ]);
  return { weightsDirectory, tensors: new Map(resolved) };
}

/** Tensors that older exports store although the configuration determines them. */
function isDerived(name: string): boolean {
  return name === "lm_head.weight" || name.endsWith(".rotary_emb.inv_freq");
}

function tokenIds(value: unknown): number[] {
  return [value].flat().filter((id): id is number => Number.isSafeInteger(id));
}

function readSamplingDefaults(generation: JsonObject | undefined): SamplingDefaults {
  if (!generation) return {};
  if (generation.do_sample === false) return { temperature: 0 };
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  return {
    temperature: number(generation.temperature),
    topP: number(generation.top_p),
    topK: number(generation.top_k),
  };
}

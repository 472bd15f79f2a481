import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { CheckpointError, CheckpointFindings } from "./checkpoint-error";
import { type DecoderConfig, inspectDecoderConfig } from "./decoder-config";
import { decoderTensors, tensorNames } from "./decoder-tensors";
import { BYTES_PER_FLOAT, isFloatFormat } from "./float-formats";
import { type JsonObject, readJson } from "./json-file";
import { readManifest } from "./manifest";
import { quantizedForm } from "./quantization/stored-weights";
import type { StoredTensor } from "./safetensors";
import { readTensorPlaces, resolveLinks, type WeightFiles } from "./weight-files";

/** A Hugging Face checkpoint directory whose weights are known to fit its configuration. */
export type Checkpoint = WeightFiles &
  Readonly<{
    directory: string;
    name: string;
    config: DecoderConfig;
    /** Tokens that end a completion. */
    eosTokenIds: readonly number[];
    /** What generation_config.json recommends where a request states nothing. */
    samplingDefaults: SamplingDefaults;
    /** Number of weights; of an artifact as its source has them, whose head may be its embedding. */
    parameters: number;
    /** What was found and is not used. */
    warnings: readonly string[];
  }>;

export type SamplingDefaults = Readonly<{
  temperature?: number;
  topP?: number;
  topK?: number;
  minP?: number;
  repetitionPenalty?: number;
}>;

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
  const found = new CheckpointFindings();
  const { config, findings, unknownKeys } = inspectDecoderConfig(json);
  found.add(findings);
  const tensors = found.attempt(() => readTensorPlaces(directory)) ?? new Map<string, StoredTensor>();
  if (config && tensors.size > 0) found.add(misplacedTensors(config, tensors));
  const generation = found.attempt(() => readJson(directory, "generation_config.json"));
  const samplingDefaults = found.attempt(() => readSamplingDefaults(generation)) ?? {};
  const eosTokenIds = config
    ? (found.attempt(() => readEosTokenIds(json, generation, config.vocabSize)) ?? [])
    : [];
  found.throwIfAny();
  if (!config) throw new CheckpointError(findings);
  return {
    directory,
    name: basename(directory),
    config,
    ...resolveLinks(directory, tensors),
    eosTokenIds,
    samplingDefaults,
    parameters: readManifest(directory)?.parameters ?? weightsIn(config),
    warnings: unknownKeys.map((key) => `config.json: ${key} is unknown and not used`),
  };
}

function weightsIn(config: DecoderConfig): number {
  return decoderTensors(config).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/** What is missing, has another shape or dtype than the configuration asks for, or has no place in it. */
function misplacedTensors(config: DecoderConfig, tensors: ReadonlyMap<string, StoredTensor>): string[] {
  const renamed = otherNames(tensors);
  if (renamed) return [renamed];
  const expected = new Map(decoderTensors(config).map((tensor) => [tensor.name, tensor]));
  const findings: string[] = [];
  for (const { name, shape } of expected.values()) {
    const stored = tensors.get(name);
    if (!stored) findings.push(`tensor ${name} [${shape}] is missing`);
    else if (`${stored.shape}` !== `${shape}`)
      findings.push(
        `tensor ${name} must be [${shape}] as config.json has it, got [${stored.shape}] in ${stored.file}`,
      );
    else if (!isFloatFormat(stored.dtype) && !quantizedForm(stored))
      findings.push(
        `tensor ${name} must be one of ${Object.keys(BYTES_PER_FLOAT).join(", ")}, got ${stored.dtype}`,
      );
  }
  for (const [name, { file }] of tensors)
    if (!expected.has(name) && !isDerived(name))
      findings.push(`tensor ${name} in ${file} has no place in this architecture`);
  return findings;
}

/** One word for all names that differ by what they begin with, since no tensor would be where it is looked for. */
function otherNames(tensors: ReadonlyMap<string, StoredTensor>): string | undefined {
  if (tensors.has(tensorNames.embedding)) return undefined;
  const [, ending] = tensorNames.embedding.split("model.");
  const found = [...tensors.keys()].find((name) => name === ending || name.endsWith(`.${ending}`));
  if (found === undefined) return undefined;
  return (
    `the embedding is tensor ${found}, not ${tensorNames.embedding}: the weights were saved as part of another model ` +
    "or without their head; save the model itself, a ...ForCausalLM, with save_pretrained"
  );
}

/** Tensors that older exports store although the configuration determines them. */
function isDerived(name: string): boolean {
  return name === "lm_head.weight" || name.endsWith(".rotary_emb.inv_freq");
}

/**
 * The tokens that end a completion: generation_config.json's, otherwise config.json's.
 * @throws CheckpointError where they are no tokens of the vocabulary
 */
function readEosTokenIds(json: JsonObject, generation: JsonObject | undefined, vocabSize: number): number[] {
  const stated = generation?.eos_token_id ?? json.eos_token_id ?? [];
  const ids = [stated].flat();
  const isToken = (id: unknown): id is number =>
    Number.isSafeInteger(id) && Number(id) >= 0 && Number(id) < vocabSize;
  if (ids.every(isToken)) return ids;
  throw new CheckpointError([
    `eos_token_id must name tokens from 0 to ${vocabSize - 1}, one or a list, got ${JSON.stringify(stated)}`,
  ]);
}

/** @throws CheckpointError with every recommendation that no request could make */
function readSamplingDefaults(generation: JsonObject | undefined): SamplingDefaults {
  if (!generation) return {};
  const findings: string[] = [];
  const number = (key: string, rule: string, isValid: (value: number) => boolean) => {
    const value = generation[key] ?? undefined;
    if (value === undefined || (typeof value === "number" && isValid(value))) return value;
    findings.push(`generation_config.json: ${key} must be ${rule}, got ${JSON.stringify(value)}`);
    return undefined;
  };
  const repetitionPenalty = number(
    "repetition_penalty",
    "from 0.01 to 100",
    (value) => value >= 0.01 && value <= 100,
  );
  const defaults =
    generation.do_sample === false
      ? { temperature: 0, repetitionPenalty }
      : {
          temperature: number("temperature", "a number from 0", (value) => value >= 0),
          topP: number("top_p", "above 0 and at most 1", (value) => value > 0 && value <= 1),
          topK: number("top_k", "a whole number from 0", (value) => Number.isInteger(value) && value >= 0),
          minP: number("min_p", "from 0 to 1", (value) => value >= 0 && value <= 1),
          repetitionPenalty,
        };
  if (findings.length > 0) throw new CheckpointError(findings);
  return defaults;
}

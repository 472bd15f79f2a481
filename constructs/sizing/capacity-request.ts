import { Token } from "cdktf";
import { type Accelerator, acceleratorFacts, checkAccelerator, isAccelerator } from "../catalog/accelerators";
import { checkOneOf } from "../catalog/choices";
import { countsOffered } from "../catalog/machine-types";
import { checkRegion } from "../catalog/regions";
import type { Finding } from "../construct-error";
import { type CheckpointConfig, checkpointTitle } from "./checkpoint-config";
import {
  type KvCachePrecision,
  kvCachePrecisions,
  type SlidingWindowCache,
  slidingWindowCaches,
} from "./kv-cache";
import { type ModelShape, readModelShape } from "./model-shape";
import { acceleratorStorage, type WeightPrecision } from "./weight-storage";

/** A model, and the accelerators that one replica of it is to run on. */
export interface CapacityRequest {
  /** The checkpoint's `config.json`. */
  readonly config: CheckpointConfig;

  /**
   * What the model is called in what is said about it.
   *
   * @default - its `_name_or_path`, or its `model_type`
   */
  readonly model?: string;

  /**
   * Precision that the weights are served in.
   *
   * @default - what `config.json` states as its `dtype`; "fp16" of bfloat16 on an accelerator that does not compute in it
   */
  readonly weights?: WeightPrecision;

  readonly accelerator: Accelerator;

  /**
   * Accelerators that one replica is divided over (tensor parallelism).
   *
   * @default 1
   */
  readonly perReplica?: number;

  /**
   * Longest sequence, prompt and completion together, in tokens.
   *
   * @default - what the model was trained for
   */
  readonly maxModelLen?: number;

  /**
   * Sequences of that length that must run at the same time.
   *
   * @default 1
   */
  readonly concurrency?: number;

  /**
   * Precision of the KV cache.
   *
   * @default - 16 bits, or float32 where the weights are
   */
  readonly kvCachePrecision?: KvCachePrecision;

  /**
   * Tokens of a block of the KV cache.
   *
   * @default 16
   */
  readonly blockSize?: number;

  /**
   * Share of the accelerator's memory that weights and KV cache may take. The rest is for activations and the driver.
   *
   * @default 0.9
   */
  readonly memoryUtilisation?: number;

  /**
   * Whether layers with a sliding window (Gemma 2 and 3, Mistral 7B 0.1) keep every token, as Plinth's runtime does, or
   * only those that their window sees.
   *
   * @default "whole"
   */
  readonly slidingWindowCache?: SlidingWindowCache;

  /**
   * Region that remedies name machines and zones of.
   *
   * @default - any
   */
  readonly region?: string;
}

/** A request with its defaults filled in and its checkpoint read. */
export interface Sizing {
  readonly model: string;
  readonly shape: ModelShape;
  readonly weights: WeightPrecision;
  readonly accelerator: Accelerator;
  readonly memoryGiB: number;
  readonly perReplica: number;
  readonly maxModelLen: number;
  readonly concurrency: number;
  readonly kvCachePrecision: KvCachePrecision;
  readonly blockSize: number;
  readonly memoryUtilisation: number;
  readonly slidingWindowCache: SlidingWindowCache;
  readonly region?: string;
}

const precisions = Object.keys(acceleratorStorage) as WeightPrecision[];

/** By what transformers calls them. */
const dtypes: Readonly<Record<string, WeightPrecision>> = {
  float32: "fp32",
  bfloat16: "bf16",
  float16: "fp16",
};

/** A request as it is sized, or everything for which it cannot be; neither where some of it is known only at apply. */
export function readCapacityRequest(request: CapacityRequest): {
  readonly sizing?: Sizing;
  readonly findings: readonly Finding[];
} {
  const {
    config,
    accelerator,
    perReplica = 1,
    concurrency = 1,
    blockSize = 16,
    memoryUtilisation = 0.9,
  } = request;
  const { shape, findings: unreadable } = readModelShape("config", config);
  const weights = request.weights ?? statedPrecision(config, accelerator);
  const maxModelLen = request.maxModelLen ?? shape?.maxPositions;
  const unknownAccelerator = checkAccelerator("accelerator", accelerator);
  const findings = [
    ...unreadable,
    ...checkWeights(config, request.weights, weights),
    ...unknownAccelerator,
    ...checkWhole("perReplica", perReplica),
    ...(maxModelLen === undefined ? [] : checkModelLength(maxModelLen, shape)),
    ...checkWhole("concurrency", concurrency),
    ...checkWhole("blockSize", blockSize),
    ...checkShare(memoryUtilisation),
    ...checkChoice("kvCachePrecision", request.kvCachePrecision, kvCachePrecisions),
    ...checkChoice("slidingWindowCache", request.slidingWindowCache, slidingWindowCaches),
    ...(request.region === undefined ? [] : checkRegion("region", request.region)),
    ...(shape === undefined ? [] : checkDivision(shape, perReplica, accelerator)),
  ];
  if (shape?.maxPositions === undefined && shape !== undefined && maxModelLen === undefined)
    findings.push({ property: "maxModelLen", received: undefined, remedy: "state it: config.json does not" });
  if (findings.length > 0 || shape === undefined || weights === undefined || maxModelLen === undefined)
    return { findings };
  if (Object.values(request).some((value) => Token.isUnresolved(value))) return { findings: [] };
  const sizing: Sizing = {
    model: request.model ?? checkpointTitle(config),
    shape,
    weights,
    accelerator,
    memoryGiB: acceleratorFacts(accelerator).memoryGiB,
    perReplica,
    maxModelLen,
    concurrency,
    kvCachePrecision: request.kvCachePrecision ?? (weights === "fp32" ? "fp32" : "bf16"),
    blockSize,
    memoryUtilisation,
    slidingWindowCache: request.slidingWindowCache ?? "whole",
    region: request.region,
  };
  return { sizing, findings: [] };
}

/** Whether heads and MLPs can be divided over so many accelerators. */
export function divides({ heads, kvHeads, mlpWidths }: ModelShape, perReplica: number): boolean {
  const sharesKeys = kvHeads % perReplica === 0 || perReplica % kvHeads === 0;
  return heads % perReplica === 0 && sharesKeys && mlpWidths.every((width) => width % perReplica === 0);
}

function statedPrecision(config: CheckpointConfig, accelerator: Accelerator): WeightPrecision | undefined {
  if (isQuantised(config)) return undefined;
  // transformers 5 writes `dtype`, 4 wrote `torch_dtype`.
  const stated = dtypes[String(config.dtype ?? config.torch_dtype)];
  const isKnown = !Token.isUnresolved(accelerator) && isAccelerator(accelerator);
  // As engines do, since GPUs before Ampere do not compute in it.
  if (stated === "bf16" && isKnown && acceleratorFacts(accelerator).denseTflops.bf16 === undefined)
    return "fp16";
  return stated;
}

function isQuantised({ quantization_config: quantisation }: CheckpointConfig): boolean {
  return quantisation !== undefined && quantisation !== null;
}

function checkWeights(
  config: CheckpointConfig,
  stated: WeightPrecision | undefined,
  read: WeightPrecision | undefined,
): Finding[] {
  if (stated !== undefined) return checkChoice("weights", stated, precisions);
  if (read !== undefined) return [];
  const why = isQuantised(config) ? "the checkpoint is quantised" : "config.json states no dtype";
  return [{ property: "weights", received: stated, remedy: `state one of ${precisions.join(", ")}: ${why}` }];
}

function checkChoice(property: string, received: string | undefined, choices: readonly string[]): Finding[] {
  return received === undefined || Token.isUnresolved(received)
    ? []
    : checkOneOf(property, received, choices);
}

function checkModelLength(maxModelLen: number, shape: ModelShape | undefined): Finding[] {
  const findings = checkWhole("maxModelLen", maxModelLen);
  const most = shape?.maxPositions;
  if (findings.length > 0 || most === undefined || maxModelLen <= most || Token.isUnresolved(maxModelLen))
    return findings;
  const remedy = `use at most ${most}, the checkpoint's max_position_embeddings`;
  return [{ property: "maxModelLen", received: maxModelLen, remedy }];
}

function checkWhole(property: string, received: number): Finding[] {
  if (Token.isUnresolved(received) || (Number.isSafeInteger(received) && received > 0)) return [];
  return [{ property, received, remedy: "use a whole number from 1" }];
}

function checkShare(received: number): Finding[] {
  if (Token.isUnresolved(received) || (received > 0 && received <= 1)) return [];
  return [{ property: "memoryUtilisation", received, remedy: "use a share above 0 and up to 1, as 0.9" }];
}

function checkDivision(shape: ModelShape, perReplica: number, accelerator: Accelerator): Finding[] {
  const isJudged = checkWhole("perReplica", perReplica).length === 0 && !Token.isUnresolved(perReplica);
  if (!isJudged || divides(shape, perReplica)) return [];
  const isKnown = !Token.isUnresolved(accelerator) && isAccelerator(accelerator);
  const counts = isKnown ? countsOffered(accelerator) : [1, 2, 4, 8];
  const fitting = counts.filter((count) => divides(shape, count));
  const { heads, kvHeads } = shape;
  const remedy = `${oneOf(fitting)}it has to divide ${heads} heads, ${kvHeads} of keys and values, and the MLP`;
  return [{ property: "perReplica", received: perReplica, remedy }];
}

/** Nothing of an accelerator whose machines have other numbers only. */
function oneOf(counts: readonly number[]): string {
  return counts.length === 0 ? "" : `use ${counts.join(" or ")}: `;
}

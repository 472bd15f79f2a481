import type { RuntimeConfig } from "../../runtime/src/config";
import { inspectDecoderConfig } from "../../runtime/src/model/decoder-config";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import type { CheckpointConfig } from "./checkpoint-config";
import { type KvCacheLayout, kvBytesPerToken } from "./kv-cache";
import { type ModelShape, readModelShape } from "./model-shape";
import { counted, gibibytes, grouped, MIB } from "./quantities";
import { unfit } from "./unfit";
import { type ArtifactPrecision, artifactStorage, type WeightStorage, weightBytes } from "./weight-storage";

/** A checkpoint that Plinth's runtime is to serve from a container's memory. */
export interface RuntimeCapacityRequest {
  readonly checkpoint: CheckpointConfig;
  /** What the model is called in what is said about it. */
  readonly model: string;
  /** Precision that the files hold, where it is not what config.json states. */
  readonly storedWeights?: ArtifactPrecision;
  readonly config: RuntimeConfig;
  readonly memoryMiB: number;
  /** How to have so much memory, in words; nothing where there is no such machine. */
  readonly larger: (memoryMiB: number) => string | undefined;
}

/** What a process takes before it loads any weights: a server and its engine's thread. ADR 3. */
const PROCESS_BYTES = 140 * MIB;

/**
 * What weights take once they are loaded, over the bytes of an artifact: onnxruntime packs them and keeps sums. Limits
 * that a model of 1.24 B parameters was seen to load within, the process and its cache subtracted; of floats the growth of
 * the process. 16-bit floats are computed in float32. ADR 3.
 */
const loaded: Readonly<Record<ArtifactPrecision, { readonly as: WeightStorage; readonly growth: number }>> = {
  fp32: { as: artifactStorage.fp32, growth: 1.09 },
  fp16: { as: artifactStorage.fp32, growth: 1.13 },
  int8: { as: artifactStorage.int8, growth: 1.22 },
  w8a8: { as: artifactStorage.w8a8, growth: 1.19 },
  int4: { as: artifactStorage.int4, growth: 1.13 },
};

/** Everything for which the runtime would not start with a checkpoint, or would be killed for its memory. */
export function checkRuntimeCapacity(request: RuntimeCapacityRequest): Finding[] {
  const { checkpoint, config, memoryMiB } = request;
  const unknownPrecision = checkStoredWeights(request.storedWeights);
  const { findings } = inspectDecoderConfig({ ...checkpoint });
  if (findings.length > 0)
    return [
      ...findings.map((remedy) => ({ property: "checkpoint", received: checkpoint.model_type, remedy })),
      ...unknownPrecision,
    ];
  const { shape, findings: unreadable } = readModelShape("checkpoint", checkpoint);
  if (shape?.maxPositions === undefined) return [...unreadable];
  const maxModelLen = config.maxModelLen ?? shape.maxPositions;
  const cache = cacheOf(shape, config, maxModelLen);
  const unservable = [
    ...unknownPrecision,
    ...checkLength(maxModelLen, shape.maxPositions),
    ...checkCache(config.kvCacheMiB, maxModelLen, cache),
  ];
  if (unservable.length > 0) return unservable;
  const weights = weightsOf(shape, request);
  const needed = weights.loadedBytes + weights.convertedBytes + PROCESS_BYTES + cache.bytes;
  if (needed <= memoryMiB * MIB) return [];
  return [doesNotFit(request, shape, maxModelLen, weights, cache)];
}

interface Cache {
  /** Of all blocks, with the one that stands for none. */
  readonly bytes: number;
  readonly blockBytes: number;
  readonly sequenceBytes: number;
  readonly sequences: number;
}

function cacheOf(shape: ModelShape, config: RuntimeConfig, maxModelLen: number): Cache {
  const { blockSize, kvCacheMiB, maxSequences } = config;
  const layout: KvCacheLayout = {
    precision: config.kvCachePrecision === "float16" ? "fp16" : "fp32",
    blockSize,
    slidingWindows: "whole",
    perReplica: 1,
  };
  const blockBytes = blockSize * kvBytesPerToken(shape, layout);
  const perSequence = Math.ceil(maxModelLen / blockSize);
  const blocks = Math.min(Math.floor((kvCacheMiB * MIB) / blockBytes), maxSequences * perSequence);
  return {
    bytes: (blocks + 1) * blockBytes,
    blockBytes,
    sequenceBytes: perSequence * blockBytes,
    sequences: Math.floor(blocks / perSequence),
  };
}

interface LoadedWeights {
  readonly precision: ArtifactPrecision;
  readonly loadedBytes: number;
  /** Of the artifact that a container writes where it converts for itself: its file system lies in memory. */
  readonly convertedBytes: number;
}

function weightsOf(shape: ModelShape, request: RuntimeCapacityRequest): LoadedWeights {
  const stored = request.storedWeights ?? storedPrecision(request.checkpoint);
  const { weights } = request.config;
  const precision = weights === "stored" ? stored : weights;
  return {
    precision,
    loadedBytes: loadedBytes(shape, precision),
    convertedBytes: precision === stored ? 0 : bytesOf(shape, artifactStorage[precision]),
  };
}

/** Where config.json states no dtype, what takes more of the two. */
function storedPrecision({ dtype, torch_dtype }: CheckpointConfig): ArtifactPrecision {
  return (dtype ?? torch_dtype) === "float32" ? "fp32" : "fp16";
}

function loadedBytes(shape: ModelShape, precision: ArtifactPrecision): number {
  const { as, growth } = loaded[precision];
  return bytesOf(shape, as) * growth;
}

function bytesOf(shape: ModelShape, storage: WeightStorage): number {
  const { matrices, vectors } = weightBytes(shape, storage);
  return matrices + vectors;
}

function checkStoredWeights(stored: string | undefined): Finding[] {
  const precisions = Object.keys(artifactStorage);
  if (stored === undefined || precisions.includes(stored)) return [];
  const remedy = `${didYouMean(stored, precisions)}Use one of ${precisions.join(", ")}`;
  return [{ property: "storedWeights", received: stored, remedy }];
}

function checkLength(maxModelLen: number, maxPositions: number): Finding[] {
  if (maxModelLen <= maxPositions) return [];
  const remedy = `use at most ${maxPositions}, the checkpoint's max_position_embeddings`;
  return [{ property: "runtime.maxModelLen", received: maxModelLen, remedy }];
}

function checkCache(kvCacheMiB: number, maxModelLen: number, { sequences, sequenceBytes }: Cache): Finding[] {
  if (sequences > 0) return [];
  const needed = Math.ceil(sequenceBytes / MIB);
  const remedy = `use at least ${needed}, which one sequence of maxModelLen ${maxModelLen} takes, or lower maxModelLen`;
  return [{ property: "runtime.kvCacheMiB", received: kvCacheMiB, remedy }];
}

function doesNotFit(
  request: RuntimeCapacityRequest,
  shape: ModelShape,
  maxModelLen: number,
  weights: LoadedWeights,
  cache: Cache,
): Finding {
  const { memoryMiB, model } = request;
  const tokens = `${grouped(maxModelLen)} tokens`;
  const converted = {
    name: "converted",
    bytes: weights.convertedBytes,
    what: "as the instance converts them for itself, in its file system, which is memory",
  };
  return unfit({
    property: "memoryMiB",
    received: memoryMiB,
    title: "the model does not fit its memory",
    amounts: [
      { name: "weights", bytes: weights.loadedBytes, what: `${model}, ${weights.precision}, loaded` },
      ...(weights.convertedBytes > 0 ? [converted] : []),
      {
        name: "KV cache",
        bytes: cache.bytes,
        what: `room for ${counted(cache.sequences, "sequence")} of ${tokens}`,
      },
      { name: "process", bytes: PROCESS_BYTES, what: "the runtime itself" },
      { name: "available", bytes: memoryMiB * MIB, what: `memoryMiB ${memoryMiB}` },
    ],
    remedies: remediesOf(request, shape, maxModelLen, weights, cache),
  });
}

function remediesOf(
  request: RuntimeCapacityRequest,
  shape: ModelShape,
  maxModelLen: number,
  weights: LoadedWeights,
  cache: Cache,
): string[] {
  const available = request.memoryMiB * MIB;
  const beside = (bytesOfWeights: number) => available - PROCESS_BYTES - bytesOfWeights;
  const left = Math.floor((beside(weights.loadedBytes + weights.convertedBytes) - cache.blockBytes) / MIB);
  const sequences = Math.floor((left * MIB) / cache.sequenceBytes);
  const narrower = (["int8", "int4"] as const).find(
    (precision) =>
      loadedBytes(shape, precision) < weights.loadedBytes &&
      beside(loadedBytes(shape, precision)) >= cache.bytes,
  );
  const needed = available - beside(weights.loadedBytes + weights.convertedBytes) + cache.bytes;
  const larger = request.larger(Math.ceil(needed / MIB / 256) * 256);
  return [
    ...(sequences > 0
      ? [
          `lower runtime.kvCacheMiB to ${left}, room for ${counted(sequences, "sequence")} of ${grouped(maxModelLen)} tokens`,
        ]
      : []),
    ...(weights.convertedBytes > 0 && beside(weights.loadedBytes) >= cache.bytes
      ? [
          `publish the weights in ${weights.precision} (plinth-runtime convert) and state storedWeights "${weights.precision}"`,
        ]
      : []),
    ...(narrower === undefined
      ? []
      : [
          `publish the weights in ${narrower} (plinth-runtime convert), which take ${gibibytes(loadedBytes(shape, narrower))}, and state storedWeights "${narrower}"${request.config.weights === "stored" ? "" : " and no runtime.weights"}`,
        ]),
    larger ?? "serve it on a machine with more memory, as of a CPU pool, or serve a smaller model",
  ];
}

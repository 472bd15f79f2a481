import type { Sizing } from "./capacity-request";
import { blocksPerSequence, type KvCacheLayout, kvBytesPerToken, sequenceBytes } from "./kv-cache";
import { GIB } from "./quantities";
import { acceleratorStorage, weightBytes } from "./weight-storage";

/** What one replica of a model takes and has, over all of its accelerators. */
export interface CapacityFigures {
  readonly weightBytes: number;
  readonly kvBytesPerToken: number;
  /** Of one block of the KV cache, in all layers. */
  readonly blockBytes: number;
  readonly blocksPerSequence: number;
  /** Of one sequence of the longest length. */
  readonly sequenceBytes: number;
  /** Of all sequences that must run at once. */
  readonly cacheBytes: number;
  /** What weights and KV cache may take. */
  readonly availableBytes: number;
  /** Blocks that there is room for beside the weights. */
  readonly blocks: number;
  /** Sequences of the longest length that there is room for beside the weights. */
  readonly sequencesMax: number;
}

export function capacityFigures(sizing: Sizing): CapacityFigures {
  const { shape, perReplica, maxModelLen, blockSize } = sizing;
  const layout = cacheLayout(sizing);
  const weights = weightBytes(shape, acceleratorStorage[sizing.weights]);
  const ofWeights = weights.matrices + weights.vectors * perReplica;
  const perToken = kvBytesPerToken(shape, layout);
  const perSequence = sequenceBytes(shape, layout, maxModelLen);
  const available = Math.floor(perReplica * sizing.memoryGiB * GIB * sizing.memoryUtilisation);
  const left = Math.max(0, available - ofWeights);
  return {
    weightBytes: ofWeights,
    kvBytesPerToken: perToken,
    blockBytes: perToken * blockSize,
    blocksPerSequence: blocksPerSequence(maxModelLen, layout),
    sequenceBytes: perSequence,
    cacheBytes: perSequence * sizing.concurrency,
    availableBytes: available,
    blocks: Math.floor(left / (perToken * blockSize)),
    sequencesMax: Math.floor(left / perSequence),
  };
}

/** Whether all sequences that must run at once have room. */
export function fits(sizing: Sizing): boolean {
  return capacityFigures(sizing).sequencesMax >= sizing.concurrency;
}

/** The longest sequences, in whole blocks, of which all that must run at once have room; 0 where there is none. */
export function longestFitting(sizing: Sizing): number {
  const { blockSize } = sizing;
  let fitting = 0;
  let beyond = Math.ceil(sizing.maxModelLen / blockSize);
  while (beyond - fitting > 1) {
    const middle = Math.floor((fitting + beyond) / 2);
    if (fits({ ...sizing, maxModelLen: middle * blockSize })) fitting = middle;
    else beyond = middle;
  }
  return fitting * blockSize;
}

function cacheLayout(sizing: Sizing): KvCacheLayout {
  return {
    precision: sizing.kvCachePrecision,
    blockSize: sizing.blockSize,
    slidingWindows: sizing.slidingWindowCache,
    perReplica: sizing.perReplica,
  };
}

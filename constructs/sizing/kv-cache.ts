import type { ModelShape } from "./model-shape";

/** Precisions of the KV cache's numbers. */
export type KvCachePrecision = "fp32" | "bf16" | "fp16" | "fp8" | "int8";

const bytesPerNumber: Readonly<Record<KvCachePrecision, number>> = {
  fp32: 4,
  bf16: 2,
  fp16: 2,
  fp8: 1,
  int8: 1,
};

export const kvCachePrecisions = Object.keys(bytesPerNumber) as KvCachePrecision[];

/** What layers with a sliding window keep: everything, or only as much as their window sees. */
export const slidingWindowCaches = ["whole", "bounded"] as const;

export type SlidingWindowCache = (typeof slidingWindowCaches)[number];

export interface KvCacheLayout {
  readonly precision: KvCachePrecision;
  /** Tokens of a block. */
  readonly blockSize: number;
  readonly slidingWindows: SlidingWindowCache;
  /** Accelerators that the heads are divided among. */
  readonly perReplica: number;
}

/** Bytes of one token's keys and values in all layers, over all accelerators of a replica. */
export function kvBytesPerToken(shape: ModelShape, layout: KvCacheLayout): number {
  return shape.layers * layerBytesPerToken(shape, layout);
}

export function blocksPerSequence(tokens: number, { blockSize }: KvCacheLayout): number {
  return Math.ceil(tokens / blockSize);
}

/** Bytes of one sequence's keys and values, in whole blocks. */
export function sequenceBytes(shape: ModelShape, layout: KvCacheLayout, tokens: number): number {
  const { blockSize } = layout;
  const perBlock = blockSize * layerBytesPerToken(shape, layout);
  const whole = blocksPerSequence(tokens, layout);
  const kept = shape.windows.map((window) => {
    if (window === undefined || layout.slidingWindows === "whole") return whole;
    // A window begins anywhere in a block, so that it reaches into one more.
    return Math.min(whole, Math.ceil(window / blockSize) + 1);
  });
  return perBlock * kept.reduce((blocks, ofLayer) => blocks + ofLayer, 0);
}

/** Where there are more accelerators than heads of keys and values, each of them holds a copy of one. */
function layerBytesPerToken(
  { kvHeads, headDim }: ModelShape,
  { precision, perReplica }: KvCacheLayout,
): number {
  const heads = Math.max(kvHeads, perReplica);
  return 2 * heads * headDim * bytesPerNumber[precision];
}

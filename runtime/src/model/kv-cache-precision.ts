import type { kvCachePrecisions } from "../config";
import { DataType } from "./onnx/model-proto";

/** What the KV cache stores its keys and values in. Attention computes in float32 with either. */
export type KvCachePrecision = (typeof kvCachePrecisions)[number];

/** What one number of the cache is to the graph and in memory. */
export const kvCacheNumbers: Readonly<Record<KvCachePrecision, { type: DataType; bytes: number }>> = {
  float32: { type: DataType.FLOAT, bytes: Float32Array.BYTES_PER_ELEMENT },
  float16: { type: DataType.FLOAT16, bytes: Uint16Array.BYTES_PER_ELEMENT },
};

/** The largest float16: what lies beyond is stored as this, since an infinite key or value would make a NaN. */
export const FLOAT16_MAX = 65_504;

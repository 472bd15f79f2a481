import type { DecoderConfig } from "./decoder-config";
import { type KvCachePrecision, kvCacheNumbers } from "./kv-cache-precision";

/** V8's limit on the length of a typed array in Node 20; later versions allow more. onnxruntime reads that many. */
const TYPED_ARRAY_LENGTH_MAX = 2 ** 32;

/** Bytes of one KV cache block over all layers, keys and values. */
export function blockBytes(config: DecoderConfig, blockSize: number, precision: KvCachePrecision): number {
  return 2 * config.layers * blockLength(config, blockSize) * kvCacheNumbers[precision].bytes;
}

/** How many blocks a pool can have at most, the null block among them: a layer's keys lie in one typed array. */
export function poolBlocksMax(config: DecoderConfig, blockSize: number): number {
  return Math.floor(TYPED_ARRAY_LENGTH_MAX / blockLength(config, blockSize));
}

/** Numbers of one block of one layer's keys. */
function blockLength({ kvHeads, headDim }: DecoderConfig, blockSize: number): number {
  return kvHeads * blockSize * headDim;
}

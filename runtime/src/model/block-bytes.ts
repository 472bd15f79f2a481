import type { DecoderConfig } from "./decoder-config";

/** Bytes of one KV cache block over all layers, keys and values, in float32. */
export function blockBytes(config: DecoderConfig, blockSize: number): number {
  return 2 * config.layers * config.kvHeads * blockSize * config.headDim * Float32Array.BYTES_PER_ELEMENT;
}

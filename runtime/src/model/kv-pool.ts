import { Tensor } from "onnxruntime-node";
import { attentionInputs } from "./attention/gathered-blocks";
import type { DecoderConfig } from "./decoder-config";

/**
 * The memory of the KV cache: per layer one tensor for keys and one for values, `[kvHeads, blocks, blockSize, headDim]`.
 * JavaScript owns it, since a typed array goes into a run without a copy while every output is copied: the graph
 * reads the pool and returns only the rows of the new tokens, which are written here.
 */
export class KvPool {
  readonly keys: readonly Tensor[];
  readonly values: readonly Tensor[];
  private readonly slots: number;

  constructor(
    private readonly config: DecoderConfig,
    blocks: number,
    private readonly blockSize: number,
  ) {
    this.slots = blocks * blockSize;
    const layers = Array.from({ length: config.layers });
    const shape = [config.kvHeads, blocks, blockSize, config.headDim];
    const tensor = () =>
      new Tensor("float32", new Float32Array(config.kvHeads * this.slots * config.headDim), shape);
    this.keys = layers.map(tensor);
    this.values = layers.map(tensor);
  }

  /** Adds the pool's tensors to what a step feeds. */
  feed(feeds: Record<string, Tensor>): void {
    for (const [layer, tensor] of this.keys.entries()) feeds[attentionInputs.keyPool(layer)] = tensor;
    for (const [layer, tensor] of this.values.entries()) feeds[attentionInputs.valuePool(layer)] = tensor;
  }

  /**
   * Writes one layer's new rows.
   * @param rows `[tokens, kvHeads * headDim]`
   * @param slots `[tokens]`: where each token lies among the pool's slots
   */
  write(pool: Tensor, rows: Float32Array, slots: Int32Array): void {
    const { kvHeads, headDim } = this.config;
    const target = pool.data as Float32Array;
    let source = 0;
    for (const slot of slots)
      for (let head = 0; head < kvHeads; head++, source += headDim)
        target.set(rows.subarray(source, source + headDim), (head * this.slots + slot) * headDim);
  }

  /** Copies what block `from` holds in all layers to block `to`. */
  copyBlock(from: number, to: number): void {
    const { kvHeads, headDim } = this.config;
    const length = this.blockSize * headDim;
    for (const { data } of [...this.keys, ...this.values])
      for (let head = 0; head < kvHeads; head++) {
        const start = head * this.slots * headDim;
        const source = start + from * length;
        (data as Float32Array).copyWithin(start + to * length, source, source + length);
      }
  }
}

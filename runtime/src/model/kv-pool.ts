import { Tensor } from "onnxruntime-node";
import { attentionInputs } from "./attention/gathered-blocks";
import type { DecoderConfig } from "./decoder-config";
import type { KvCachePrecision } from "./kv-cache-precision";

/** What is copied of a cache's numbers: float32 as they are, float16 as their bits. */
type CacheNumbers = Float32Array | Uint16Array;

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
    precision: KvCachePrecision,
  ) {
    this.slots = blocks * blockSize;
    const layers = Array.from({ length: config.layers });
    const shape = [config.kvHeads, blocks, blockSize, config.headDim];
    const tensor = () => zeros(precision, shape);
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
   * @param rows `[tokens, kvHeads * headDim]`, in the pool's precision
   * @param slots `[tokens]`: where each token lies among the pool's slots
   */
  write(pool: Tensor, rows: Tensor, slots: Int32Array): void {
    const { kvHeads, headDim } = this.config;
    const target = pool.data as CacheNumbers;
    const numbers = numbersOf(rows);
    let source = 0;
    for (const slot of slots)
      for (let head = 0; head < kvHeads; head++, source += headDim)
        target.set(numbers.subarray(source, source + headDim), (head * this.slots + slot) * headDim);
  }

  /** Sets what a block holds in all layers to zero. */
  clearBlock(block: number): void {
    const { kvHeads, headDim } = this.config;
    const length = this.blockSize * headDim;
    for (const { data } of [...this.keys, ...this.values])
      for (let head = 0; head < kvHeads; head++) {
        const start = head * this.slots * headDim + block * length;
        (data as Float32Array).fill(0, start, start + length);
      }
  }

  /** Copies what block `from` holds in all layers to block `to`. */
  copyBlock(from: number, to: number): void {
    const { kvHeads, headDim } = this.config;
    const length = this.blockSize * headDim;
    for (const { data } of [...this.keys, ...this.values])
      for (let head = 0; head < kvHeads; head++) {
        const start = head * this.slots * headDim;
        const source = start + from * length;
        (data as CacheNumbers).copyWithin(start + to * length, source, source + length);
      }
  }
}

/**
 * A tensor of zeros for a cache. Its data is of `CacheNumbers` on every version of Node: where there is a Float16Array
 * (from Node 24 on), onnxruntime-common makes the data of a float16 tensor one, which onnxruntime-node 1.30 then
 * refuses (microsoft/onnxruntime#32323); it takes the bits.
 */
function zeros(precision: KvCachePrecision, dims: readonly number[]): Tensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (precision === "float32") return new Tensor("float32", new Float32Array(size), dims);
  const bits = new Uint16Array(size);
  return Object.defineProperty(new Tensor("float16", bits, dims), "data", { value: bits });
}

/** What a run returned of a cache's numbers, of which a Float16Array would give the values and not the bits. */
function numbersOf({ type, data }: Tensor): CacheNumbers {
  if (type === "float32") return data as Float32Array;
  const { buffer, byteOffset, length } = data as Uint16Array;
  return new Uint16Array(buffer, byteOffset, length);
}

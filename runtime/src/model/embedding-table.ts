import { Tensor } from "onnxruntime-node";
import type { Checkpoint } from "./checkpoint";
import { BYTES_PER_FLOAT, type FloatFormat, widen } from "./float-formats";
import { embeddingInput } from "./graph-weights";
import { codesLength, dequantize, quantizedForm } from "./quantization/stored-weights";
import type { StoredTensor } from "./safetensors";
import { withTensorBytes } from "./tensor-bytes";

/**
 * The embedding table, as it is stored, in memory that JavaScript owns. A row is looked up per token, which a step
 * spends nothing on that could be measured; in the graph the table would stay a mapped file, or be copied, and
 * widened from 16 bits as a whole.
 */
export class EmbeddingTable {
  private constructor(
    private readonly stored: StoredTensor,
    private readonly weights: Uint8Array,
    private readonly scales: Float32Array | undefined,
  ) {}

  static read({ weightsDirectory, tensors }: Checkpoint, name: string): EmbeddingTable {
    const stored = tensors.get(name) as StoredTensor;
    return withTensorBytes(
      weightsDirectory,
      (bytes) => new EmbeddingTable(stored, bytes.read(stored), stored.scales && bytes.floats(stored.scales)),
    );
  }

  /** Adds the rows of a step's tokens to what is fed. */
  feed(feeds: Record<string, Tensor>, tokenIds: Int32Array): void {
    const [, width] = this.stored.shape;
    feeds[embeddingInput] = new Tensor("float32", this.rows(tokenIds), [tokenIds.length, width]);
  }

  /**
   * `[tokens, width]`
   * @throws RangeError where a token is not of the vocabulary
   */
  rows(tokenIds: ArrayLike<number>): Float32Array {
    const [vocabSize, width] = this.stored.shape;
    const rows = new Float32Array(tokenIds.length * width);
    for (let at = 0; at < tokenIds.length; at++) {
      const tokenId = tokenIds[at];
      if (!(tokenId >= 0 && tokenId < vocabSize))
        throw new RangeError(`the embedding table has ${vocabSize} tokens, got token ${tokenId}`);
      rows.set(this.row(tokenId), at * width);
    }
    return rows;
  }

  private row(tokenId: number): Float32Array {
    const { weights, scales, stored } = this;
    const [vocabSize, width] = stored.shape;
    const form = quantizedForm(stored);
    const part = <T extends Uint8Array | Float32Array>(array: T, length: number) =>
      array.subarray(tokenId * length, (tokenId + 1) * length) as T;
    if (form === undefined || !scales) {
      const format = stored.dtype as FloatFormat;
      return widen(part(weights, width * BYTES_PER_FLOAT[format]), format);
    }
    const codes = part(weights, codesLength(width, form));
    return dequantize(codes, part(scales, scales.length / vocabSize), form);
  }
}

import type { Checkpoint } from "./checkpoint";
import { decoderTensors, tensorNames } from "./decoder-tensors";
import type { WeightPrecision } from "./manifest";
import { BLOCK_LENGTH } from "./quantization/block-quantization";
import { bitsFor, bitsOf } from "./quantization/stored-blocks";
import type { StoredTensor } from "./safetensors";

/** A packed block's scale and the sum of its codes, float32 each. */
const BYTES_BESIDE_A_BLOCK = 8;

/**
 * Bytes of weights that computing a step reads, however many its tokens: blocks as their kernels pack them, all else in
 * float32. Of an embedding table of its own a step reads its tokens' rows alone.
 *
 * @param precision that the weights are converted to before they are served; as they are stored where absent
 */
export function weightBytes({ config, tensors }: Checkpoint, precision?: WeightPrecision): number {
  return decoderTensors(config)
    .filter(({ name }) => config.tieWordEmbeddings || name !== tensorNames.embedding)
    .map(({ name, shape }) => {
      const weights = shape.reduce((product, dim) => product * dim, 1);
      const isInBlocks = shape.length === 2 && shape[1] % BLOCK_LENGTH === 0;
      const bits = precision ? bitsFor(precision) : bitsOf(tensors.get(name) as StoredTensor);
      if (bits === undefined || !isInBlocks) return weights * Float32Array.BYTES_PER_ELEMENT;
      return (weights * bits) / 8 + (weights / BLOCK_LENGTH) * BYTES_BESIDE_A_BLOCK;
    })
    .reduce((sum, bytes) => sum + bytes, 0);
}

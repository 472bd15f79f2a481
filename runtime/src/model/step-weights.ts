import type { Checkpoint } from "./checkpoint";
import { decoderTensors, tensorNames } from "./decoder-tensors";
import type { WeightPrecision } from "./manifest";
import { BLOCK_LENGTH, type WeightBits } from "./quantization/block-quantization";
import { bitsFor } from "./quantization/stored-blocks";
import type { StoredTensor } from "./safetensors";

/** A packed block's scale and the sum of its codes, float32 each. */
const BYTES_BESIDE_A_BLOCK = 8;

const PRECISIONS: Readonly<Record<string, StepWeights["precision"]>> = {
  F32: "fp32",
  F16: "fp16",
  BF16: "bf16",
  Q8: "int8",
  Q4: "int4",
};

/** The weights that computing a step reads, however many its tokens. */
export type StepWeights = Readonly<{
  /** Of most of them: vectors, and matrices whose rows are no whole blocks, stay float32. */
  precision: WeightPrecision | "bf16";
  /** Blocks as their kernels pack them, all else in float32. */
  bytes: number;
}>;

/**
 * What a step reads of a checkpoint's weights. Of an embedding table of its own it reads its tokens' rows alone, so that
 * one does not count.
 *
 * @param converted to what the weights are converted before they are served; they are served as stored where absent
 */
export function stepWeights({ config, tensors }: Checkpoint, converted?: WeightPrecision): StepWeights {
  const counts = new Map<StepWeights["precision"], number>();
  let bytes = 0;
  for (const { name, shape } of decoderTensors(config)) {
    if (name === tensorNames.embedding && !config.tieWordEmbeddings) continue;
    const weights = shape.reduce((product, dim) => product * dim, 1);
    const precision = converted ?? PRECISIONS[(tensors.get(name) as StoredTensor).dtype];
    counts.set(precision, (counts.get(precision) ?? 0) + weights);
    const isInBlocks = shape.length === 2 && shape[1] % BLOCK_LENGTH === 0;
    const bits = blockBits(precision);
    if (bits === undefined || !isInBlocks) bytes += weights * Float32Array.BYTES_PER_ELEMENT;
    else bytes += (weights * bits) / 8 + (weights / BLOCK_LENGTH) * BYTES_BESIDE_A_BLOCK;
  }
  const [[precision]] = [...counts].sort(([, one], [, other]) => other - one);
  return { precision, bytes };
}

/** How a step computes with such weights, in words. */
export function arithmeticOf({ precision }: StepWeights): string {
  return blockBits(precision) ? "multiplied in int8, all else in float32" : "computed in float32";
}

function blockBits(precision: StepWeights["precision"]): WeightBits | undefined {
  return precision === "bf16" ? undefined : bitsFor(precision);
}

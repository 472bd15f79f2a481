import type { Checkpoint } from "./checkpoint";
import { decoderTensors, tensorNames } from "./decoder-tensors";
import type { WeightPrecision } from "./manifest";
import { BLOCK_LENGTH } from "./quantization/block-quantization";
import { codesLength, fitsForm, formFor, type QuantizedForm } from "./quantization/stored-weights";
import type { StoredTensor } from "./safetensors";

/** The scale of a packed block or row and the sum of its codes, four bytes each. */
const BYTES_BESIDE_A_SCALE = 8;

const PRECISIONS: Readonly<Record<string, StepWeights["precision"]>> = {
  F32: "fp32",
  F16: "fp16",
  BF16: "bf16",
  Q8: "int8",
  Q4: "int4",
  I8: "w8a8",
};

/** The weights that computing a step reads, however many its tokens. */
export type StepWeights = Readonly<{
  /** Of most of them: vectors, and matrices whose rows are no whole blocks, stay float32. */
  precision: WeightPrecision | "bf16";
  /** Quantised ones as their kernels pack them, all else in float32. */
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
    const form = computedForm(precision);
    if (form === undefined || shape.length !== 2 || !fitsForm(form, shape[1]))
      bytes += weights * Float32Array.BYTES_PER_ELEMENT;
    else {
      const scales = weights / (form === "rows" ? shape[1] : BLOCK_LENGTH);
      bytes += codesLength(weights, form) + scales * BYTES_BESIDE_A_SCALE;
    }
  }
  const [[precision]] = [...counts].sort(([, one], [, other]) => other - one);
  return { precision, bytes };
}

/** How a step computes with such weights, in words. */
export function arithmeticOf({ precision }: StepWeights): string {
  return computedForm(precision) ? "multiplied in int8, all else in float32" : "computed in float32";
}

function computedForm(precision: StepWeights["precision"]): QuantizedForm | undefined {
  return precision === "bf16" ? undefined : formFor(precision);
}

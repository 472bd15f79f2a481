import { CheckpointError } from "../checkpoint-error";
import type { WeightPrecision } from "../manifest";
import type { StoredTensor } from "../safetensors";
import { BLOCK_LENGTH, codeBytes, type WeightBits } from "./block-quantization";

/**
 * How a matrix of weights `[out, in]` in blocks lies in a safetensors file: its codes under its own name as U8
 * `[out, blocks, bytes of a block]`, which tells the bits, and its scales under this name as F32 `[out, blocks]`.
 */
export function scalesName(matrix: string): string {
  return `${matrix}.scales`;
}

const BITS: readonly WeightBits[] = [4, 8];
const DTYPES = { 4: "Q4", 8: "Q8" } as const;

/** Bits of the weights; undefined where they are no blocks. */
export function bitsOf({ dtype }: StoredTensor): WeightBits | undefined {
  return BITS.find((bits) => DTYPES[bits] === dtype);
}

/** The bits that weights of a precision are quantised to; undefined where they are not. */
export function bitsFor(precision: WeightPrecision): WeightBits | undefined {
  return precision === "int8" ? 8 : precision === "int4" ? 4 : undefined;
}

/** Shapes of codes and scales of a matrix. Its rows must be whole blocks. */
export function blockShapes([rows, columns]: readonly number[], bits: WeightBits) {
  const blocks = columns / BLOCK_LENGTH;
  return { codes: [rows, blocks, codeBytes(bits)], scales: [rows, blocks] };
}

/**
 * Joins codes and scales to one tensor each, with the shape of the weights.
 * @throws CheckpointError with all codes and scales that do not fit each other
 */
export function pairWithScales(tensors: ReadonlyMap<string, StoredTensor>): Map<string, StoredTensor> {
  const paired = new Map<string, StoredTensor>();
  const findings: string[] = [];
  for (const [name, tensor] of tensors) {
    const scales = tensors.get(scalesName(name));
    if (!scales) {
      if (!tensors.get(name.replace(/\.scales$/, "")) || !name.endsWith(".scales")) paired.set(name, tensor);
      continue;
    }
    const [rows, blocks, bytes] = tensor.shape;
    const bits = BITS.find((candidate) => codeBytes(candidate) === bytes);
    if (tensor.dtype !== "U8" || tensor.shape.length !== 3 || bits === undefined)
      findings.push(
        `tensor ${name} has scales and must be U8 [out, blocks, ${BITS.map(codeBytes).join(" or ")}], ` +
          `got ${tensor.dtype} [${tensor.shape}]: convert the checkpoint again`,
      );
    else if (scales.dtype !== "F32" || `${scales.shape}` !== `${rows},${blocks}`)
      findings.push(
        `tensor ${scalesName(name)} must be F32 [${rows},${blocks}], got ${scales.dtype} [${scales.shape}]: ` +
          "convert the checkpoint again",
      );
    else paired.set(name, { ...tensor, dtype: DTYPES[bits], shape: [rows, blocks * BLOCK_LENGTH], scales });
  }
  if (findings.length > 0) throw new CheckpointError(findings);
  return paired;
}

import { CheckpointError } from "../checkpoint-error";
import type { WeightPrecision } from "../manifest";
import type { StoredTensor } from "../safetensors";
import { BLOCK_LENGTH, codeBytes, dequantizeBlocks, type WeightBits } from "./block-quantization";
import { dequantizeRows } from "./row-quantization";

/** How quantised weights are stored: in blocks of so many bits, or as int8 with a scale for each row. */
export type QuantizedForm = WeightBits | "rows";

/**
 * Where the scales of a quantised matrix of weights `[out, in]` lie in a safetensors file; its codes lie under its own
 * name. In blocks codes are U8 `[out, blocks, bytes of a block]`, which tells the bits, and scales F32 `[out, blocks]`;
 * in rows codes are I8 `[out, in]` and scales F32 `[out]`.
 */
export function scalesName(matrix: string): string {
  return `${matrix}.scales`;
}

const BITS: readonly WeightBits[] = [4, 8];
const DTYPES = { 4: "Q4", 8: "Q8", rows: "I8" } as const;

const FORMS: Partial<Record<WeightPrecision, QuantizedForm>> = { int8: 8, int4: 4, w8a8: "rows" };

/** How a tensor's weights are quantised; undefined where they are not. */
export function quantizedForm({ dtype, scales }: StoredTensor): QuantizedForm | undefined {
  if (!scales) return undefined;
  return dtype === DTYPES.rows ? "rows" : BITS.find((bits) => DTYPES[bits] === dtype);
}

/** What weights of a precision are quantised to; undefined where they are not. */
export function formFor(precision: WeightPrecision): QuantizedForm | undefined {
  return FORMS[precision];
}

/** Whether rows of this many weights can be quantised so. */
export function fitsForm(form: QuantizedForm, width: number): boolean {
  return form === "rows" || width % BLOCK_LENGTH === 0;
}

/** Dtype and shape of the codes of a matrix, and shape of its scales. In blocks its rows must be whole ones. */
export function storedShapes([rows, columns]: readonly number[], form: QuantizedForm) {
  if (form === "rows") return { dtype: "I8", codes: [rows, columns], scales: [rows] };
  const blocks = columns / BLOCK_LENGTH;
  return { dtype: "U8", codes: [rows, blocks, codeBytes(form)], scales: [rows, blocks] };
}

/** Bytes that the codes of so many weights take. */
export function codesLength(weights: number, form: QuantizedForm): number {
  return form === "rows" ? weights : (weights * form) / 8;
}

/** The weights that the bytes of codes and the scales of whole rows stand for. */
export function dequantize(codes: Uint8Array, scales: Float32Array, form: QuantizedForm): Float32Array {
  if (form !== "rows") return dequantizeBlocks({ codes, scales }, form);
  return dequantizeRows({ codes: new Int8Array(codes.buffer, codes.byteOffset, codes.length), scales });
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
    const stored = formOfCodes(tensor);
    if (!stored) {
      findings.push(
        `tensor ${name} has scales and must be U8 [out, blocks, ${BITS.map(codeBytes).join(" or ")}] or I8 [out, in], ` +
          `got ${tensor.dtype} [${tensor.shape}]: convert the checkpoint again`,
      );
      continue;
    }
    const { form, shape } = stored;
    const expected = storedShapes(shape, form).scales;
    if (scales.dtype !== "F32" || `${scales.shape}` !== `${expected}`)
      findings.push(
        `tensor ${scalesName(name)} must be F32 [${expected}], got ${scales.dtype} [${scales.shape}]: ` +
          "convert the checkpoint again",
      );
    else paired.set(name, { ...tensor, dtype: DTYPES[form], shape, scales });
  }
  if (findings.length > 0) throw new CheckpointError(findings);
  return paired;
}

/** How stored codes are to be read, and the shape of the weights; undefined where they are no codes. */
function formOfCodes({ dtype, shape }: StoredTensor): { form: QuantizedForm; shape: number[] } | undefined {
  const [rows, columns, bytes] = shape;
  if (dtype === "I8" && shape.length === 2) return { form: "rows", shape: [rows, columns] };
  const form = BITS.find((bits) => codeBytes(bits) === bytes);
  if (dtype !== "U8" || shape.length !== 3 || form === undefined) return undefined;
  return { form, shape: [rows, columns * BLOCK_LENGTH] };
}

/**
 * Blocks of 32 weights as ggml's reference quantisation writes them (ggml/src/ggml-quants.c,
 * `quantize_row_q8_0_ref` and `quantize_row_q4_0_ref`): a float16 scale, then the quants.
 */

export const BLOCK_WEIGHTS = 32;

/** 32 signed bytes; `weight = scale * quant`. */
export const Q8_0_BLOCK_BYTES = 2 + BLOCK_WEIGHTS;
/** 16 bytes of two quants, the first half of the block in the low bits; `weight = scale * (quant - 8)`. */
export const Q4_0_BLOCK_BYTES = 2 + BLOCK_WEIGHTS / 2;

export function quantizeQ8(values: Float32Array): Buffer {
  const bytes = Buffer.alloc((values.length / BLOCK_WEIGHTS) * Q8_0_BLOCK_BYTES);
  for (let start = 0, at = 0; start < values.length; start += BLOCK_WEIGHTS, at += Q8_0_BLOCK_BYTES) {
    const scale = Math.fround(Math.abs(largest(values, start)) / 127);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    bytes.writeUInt16LE(toFloat16(scale), at);
    for (let index = 0; index < BLOCK_WEIGHTS; index++)
      bytes.writeInt8(Math.round(values[start + index] * inverse), at + 2 + index);
  }
  return bytes;
}

export function quantizeQ4(values: Float32Array): Buffer {
  const bytes = Buffer.alloc((values.length / BLOCK_WEIGHTS) * Q4_0_BLOCK_BYTES);
  const half = BLOCK_WEIGHTS / 2;
  for (let start = 0, at = 0; start < values.length; start += BLOCK_WEIGHTS, at += Q4_0_BLOCK_BYTES) {
    // The value of the largest magnitude becomes -8, the one quant that has no opposite.
    const scale = Math.fround(largest(values, start) / -8);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    bytes.writeUInt16LE(toFloat16(scale), at);
    const quant = (index: number) => Math.min(15, Math.trunc(values[start + index] * inverse + 8.5));
    for (let index = 0; index < half; index++)
      bytes[at + 2 + index] = quant(index) | (quant(index + half) << 4);
  }
  return bytes;
}

/** The bits of the nearest float16, ties to even; beyond its range, infinity. */
export function toFloat16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65_520) return sign | 0x7c00;
  // Below 2^-14 the exponent stays and the mantissa gives up its leading one.
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
  const units = roundHalfToEven(magnitude / 2 ** (exponent - 10));
  return sign | (units < 1024 ? units : ((exponent + 14) << 10) + units);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
}

/** The value of the largest magnitude in the block, with its sign. */
function largest(values: Float32Array, start: number): number {
  let found = 0;
  for (let index = start; index < start + BLOCK_WEIGHTS; index++)
    if (Math.abs(values[index]) > Math.abs(found)) found = values[index];
  return found;
}

/** Weights that share a scale: as many as one of llama.cpp's Q8_0 and Q4_0 blocks holds. */
export const BLOCK_LENGTH = 32;

/** Bits of one quantised weight. */
export type WeightBits = 4 | 8;

/** Bytes of one block's codes. */
export function codeBytes(bits: WeightBits): number {
  return (BLOCK_LENGTH * bits) / 8;
}

/** Weights in blocks: each is `(code - 2^(bits - 1)) * scale of its block`. */
export type QuantizedBlocks = Readonly<{
  /** `codeBytes(bits)` for each block; of two 4-bit codes in a byte the first is the lower half. */
  codes: Uint8Array;
  /** One for each block. */
  scales: Float32Array;
}>;

/**
 * Quantises weights in the layout of onnxruntime's MatMulNBits without zero points
 * (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits).
 *
 * Symmetric. The weight that is largest by magnitude takes the code that has no counterpart (-8, -128), as in
 * llama.cpp's Q4_0; the scale is then the one of least squared error for those codes. For 4 bits scales around the
 * first one are tried as well. The error that remains, as a share of the weights' root mean square:
 *
 * | weights | int8 here | Q8_0 | int4 here | Q4_0 | int4 with a searched zero point |
 * |---|---|---|---|---|---|
 * | normal distribution | 0.52% | 0.53% | 8.1% | 8.6% | 7.8% |
 * | bard's up_proj | 0.53% | 0.54% | 8.2% | 8.7% | 7.8% |
 *
 * Zero points would make an int4 file a fortieth larger for the last column, at the same speed.
 *
 * @param values finite; a multiple of `BLOCK_LENGTH`
 */
export function quantizeBlocks(values: Float32Array, bits: WeightBits): QuantizedBlocks {
  const blocks = values.length / BLOCK_LENGTH;
  const codes = new Uint8Array(blocks * codeBytes(bits));
  const scales = new Float32Array(blocks);
  if (bits === 8) for (let block = 0; block < blocks; block++) scales[block] = encode8(values, block, codes);
  else for (let block = 0; block < blocks; block++) scales[block] = encode4(values, block, codes);
  return { codes, scales };
}

/** The weights that blocks stand for. */
export function dequantizeBlocks({ codes, scales }: QuantizedBlocks, bits: WeightBits): Float32Array {
  const values = new Float32Array(scales.length * BLOCK_LENGTH);
  for (let block = 0, at = 0; block < scales.length; block++) {
    const scale = scales[block];
    const end = at + BLOCK_LENGTH;
    if (bits === 8) for (; at < end; at++) values[at] = (codes[at] - 128) * scale;
    else
      for (; at < end; at += 2) {
        const pair = codes[at >> 1];
        values[at] = ((pair & 15) - 8) * scale;
        values[at + 1] = ((pair >> 4) - 8) * scale;
      }
  }
  return values;
}

/** The value of the largest magnitude in a block, with its sign. */
function extreme(values: Float32Array, start: number): number {
  let most = 0;
  let magnitude = 0;
  for (let at = start; at < start + BLOCK_LENGTH; at++) {
    const here = Math.abs(values[at]);
    if (here > magnitude) {
      magnitude = here;
      most = values[at];
    }
  }
  return most;
}

/** Writes a block's codes and returns its scale. */
function encode8(values: Float32Array, block: number, codes: Uint8Array): number {
  const start = block * BLOCK_LENGTH;
  const most = extreme(values, start);
  if (most === 0) {
    codes.fill(128, start, start + BLOCK_LENGTH);
    return 0;
  }
  const inverse = -128 / most;
  let valueTimesCode = 0;
  let codeTimesCode = 0;
  for (let at = start; at < start + BLOCK_LENGTH; at++) {
    const value = values[at];
    // Truncation rounds here, since what is truncated is above 0.
    let code = (value * inverse + 128.5) | 0;
    if (code > 255) code = 255;
    codes[at] = code;
    valueTimesCode += value * (code - 128);
    codeTimesCode += (code - 128) * (code - 128);
  }
  return valueTimesCode / codeTimesCode;
}

/** What the extreme is divided by to get a first scale: around 8, which alone would be Q4_0. */
const DIVISORS = Float64Array.of(-8, -8.7, -8.35, -7.7, -7.4, -7.1, -6.8);

/** Writes a block's codes and returns its scale. */
function encode4(values: Float32Array, block: number, codes: Uint8Array): number {
  const start = block * BLOCK_LENGTH;
  const most = extreme(values, start);
  const target = block * (BLOCK_LENGTH / 2);
  if (most === 0) {
    codes.fill(0x88, target, target + BLOCK_LENGTH / 2);
    return 0;
  }
  let scale = 0;
  let inverse = 0;
  // Squared error = sum of squares - gain: the gain is what there is to compare.
  let gain = -1;
  for (let candidate = 0; candidate < DIVISORS.length; candidate++) {
    const factor = DIVISORS[candidate] / most;
    let valueTimesCode = 0;
    let codeTimesCode = 0;
    for (let at = start; at < start + BLOCK_LENGTH; at++) {
      const value = values[at];
      let code = (value * factor + 8.5) | 0;
      if (code > 15) code = 15;
      code -= 8;
      valueTimesCode += value * code;
      codeTimesCode += code * code;
    }
    const here = (valueTimesCode * valueTimesCode) / codeTimesCode;
    if (here > gain) {
      gain = here;
      inverse = factor;
      scale = valueTimesCode / codeTimesCode;
    }
  }
  for (let pair = 0; pair < BLOCK_LENGTH / 2; pair++) {
    let low = (values[start + 2 * pair] * inverse + 8.5) | 0;
    let high = (values[start + 2 * pair + 1] * inverse + 8.5) | 0;
    if (low > 15) low = 15;
    if (high > 15) high = 15;
    codes[target + pair] = low | (high << 4);
  }
  return scale;
}

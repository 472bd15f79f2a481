/** Weights `[out, in]` with a scale for each row, which is an output channel: each is `code * scale of its row`. */
export type QuantizedRows = Readonly<{
  /** From -127 to 127. */
  codes: Int8Array;
  /** One for each row. */
  scales: Float32Array;
}>;

const CODE_MAX = 127;

/**
 * Quantises weights to int8, row by row, symmetrically: the largest magnitude of a row takes 127 or -127, and the scale
 * is then the one of least squared error for those codes.
 *
 * @param values finite; a multiple of `width`
 */
export function quantizeRows(values: Float32Array, width: number): QuantizedRows {
  const codes = new Int8Array(values.length);
  const scales = Float32Array.from({ length: values.length / width }, (_, row) =>
    encode(values.subarray(row * width, (row + 1) * width), codes.subarray(row * width, (row + 1) * width)),
  );
  return { codes, scales };
}

/** The weights that rows stand for. */
export function dequantizeRows({ codes, scales }: QuantizedRows): Float32Array {
  const values = new Float32Array(codes.length);
  const width = codes.length / scales.length;
  for (let row = 0, at = 0; row < scales.length; row++) {
    const scale = scales[row];
    for (const end = at + width; at < end; at++) values[at] = codes[at] * scale;
  }
  return values;
}

/** Writes a row's codes and returns its scale. */
function encode(values: Float32Array, codes: Int8Array): number {
  let most = 0;
  for (let at = 0; at < values.length; at++) most = Math.max(most, Math.abs(values[at]));
  if (most === 0) return 0;
  let valueTimesCode = 0;
  let codeTimesCode = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    const code = Math.round((value / most) * CODE_MAX);
    codes[at] = code;
    valueTimesCode += value * code;
    codeTimesCode += code * code;
  }
  return valueTimesCode / codeTimesCode;
}

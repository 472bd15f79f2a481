/** The formats that checkpoints store weights in, by their safetensors names. */
export type FloatFormat = "F32" | "F16" | "BF16";

export const BYTES_PER_FLOAT: Readonly<Record<FloatFormat, number>> = { F32: 4, F16: 2, BF16: 2 };

export function isFloatFormat(dtype: string): dtype is FloatFormat {
  return Object.hasOwn(BYTES_PER_FLOAT, dtype);
}

/** Little-endian floats as float32, which holds every value of all formats. */
export function widen(bytes: Uint8Array, format: FloatFormat): Float32Array {
  const start = bytes.byteOffset;
  const isAligned = start % BYTES_PER_FLOAT[format] === 0;
  const source = isAligned ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = source;
  if (format === "F32") return new Float32Array(buffer, byteOffset, byteLength / 4);
  const halves = new Uint16Array(buffer, byteOffset, byteLength / 2);
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  if (format === "BF16") for (let at = 0; at < halves.length; at++) bits[at] = halves[at] << 16;
  else {
    const table = float16Bits();
    for (let at = 0; at < halves.length; at++) bits[at] = table[halves[at]];
  }
  return values;
}

let table: Uint32Array | undefined;

/** The float32 bits of every float16: looking them up is several times as fast as working them out. */
function float16Bits(): Uint32Array {
  table ??= Uint32Array.from({ length: 65_536 }, (_, half) => {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
    if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
    const magnitude = new Uint32Array(Float32Array.of(fraction * 2 ** -24).buffer)[0];
    return sign | magnitude;
  });
  return table;
}

/** Values as float16, rounded to nearest, ties to even; what is too large becomes infinite. */
export function narrow(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const sign = (bits[at] >>> 16) & 0x8000;
    const magnitude = bits[at] & 0x7fffffff;
    if (magnitude > 0x7f800000) halves[at] = sign | 0x7e00;
    // From 65,520 on, the nearest float16 would lie beyond the largest.
    else if (magnitude >= 0x477ff000) halves[at] = sign | 0x7c00;
    else if (magnitude >= 0x38800000) {
      const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
      halves[at] = sign | ((rounded - 0x38000000) >>> 13);
    } else halves[at] = sign | roundHalfToEven(Math.abs(values[at]) * 2 ** 24);
  }
  return halves;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

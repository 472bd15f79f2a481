import { readFileSync } from "node:fs";

export type GgufTensor = Readonly<{
  name: string;
  dimensions: readonly number[];
  type: number;
  data: Buffer;
}>;

export type GgufFile = Readonly<{
  metadata: Readonly<Record<string, unknown>>;
  tensors: readonly GgufTensor[];
}>;

/** Bytes of a block and weights in it, by ggml's number of the type. */
const TYPES: Readonly<Record<number, Readonly<{ bytes: number; weights: number }>>> = {
  0: { bytes: 4, weights: 1 },
  2: { bytes: 18, weights: 32 },
  8: { bytes: 34, weights: 32 },
};

/** Reads a GGUF file as ggml's docs/gguf.md describes it: little endian, version 3, the types that tests write. */
export function readGguf(path: string): GgufFile {
  const bytes = readFileSync(path);
  let at = 0;
  const skip = (count: number) => {
    at += count;
    return at - count;
  };
  const uint32 = () => bytes.readUInt32LE(skip(4));
  const uint64 = () => Number(bytes.readBigUInt64LE(skip(8)));
  const string = () => {
    const length = uint64();
    return bytes.toString("utf8", skip(length), at);
  };
  const value = (type: number): unknown => {
    if (type === 4) return uint32();
    if (type === 5) return bytes.readInt32LE(skip(4));
    if (type === 6) return bytes.readFloatLE(skip(4));
    if (type === 8) return string();
    if (type !== 9) throw new Error(`unknown type of metadata ${type}`);
    const of = uint32();
    return Array.from({ length: uint64() }, () => value(of));
  };
  if (bytes.toString("latin1", skip(4), at) !== "GGUF" || uint32() !== 3)
    throw new Error("not GGUF version 3");
  const tensorCount = uint64();
  const metadata = Object.fromEntries(Array.from({ length: uint64() }, () => [string(), value(uint32())]));
  const infos = Array.from({ length: tensorCount }, () => ({
    name: string(),
    dimensions: Array.from({ length: uint32() }, uint64),
    type: uint32(),
    offset: uint64(),
  }));
  const alignment = metadata["general.alignment"] as number;
  const begin = Math.ceil(at / alignment) * alignment;
  const tensors = infos.map(({ name, dimensions, type, offset }) => {
    if (offset % alignment !== 0) throw new Error(`${name} lies at ${offset}, no multiple of ${alignment}`);
    const { bytes: blockBytes, weights } = TYPES[type];
    const length = (dimensions.reduce((product, size) => product * size, 1) / weights) * blockBytes;
    if (begin + offset + length > bytes.length) throw new Error(`${name} ends beyond the file's end`);
    return { name, dimensions, type, data: bytes.subarray(begin + offset, begin + offset + length) };
  });
  return { metadata, tensors };
}

/** The weights of a tensor. */
export function dequantized({ type, data }: GgufTensor): number[] {
  if (type === 0) return Array.from({ length: data.length / 4 }, (_, index) => data.readFloatLE(index * 4));
  const { bytes } = TYPES[type];
  return Array.from({ length: data.length / bytes }, (_, block) => {
    const at = block * bytes;
    const scale = fromFloat16(data.readUInt16LE(at));
    if (type === 8) return Array.from({ length: 32 }, (_, index) => scale * data.readInt8(at + 2 + index));
    const quant = (index: number) =>
      index < 16 ? data[at + 2 + index] & 15 : data[at + 2 + index - 16] >> 4;
    return Array.from({ length: 32 }, (_, index) => scale * (quant(index) - 8));
  }).flat();
}

export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}

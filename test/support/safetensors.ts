import { readFileSync, writeFileSync } from "node:fs";
import { readSafetensorsHeader } from "../../runtime/src/model/safetensors";

export type TensorSpec = Readonly<{
  dtype?: string;
  shape: readonly number[];
  /** Zeros where absent. */
  data?: Uint8Array;
}>;

const BYTES_PER_ELEMENT: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2, I8: 1, U8: 1 };

/** Writes a safetensors file with a correct header. */
export function writeSafetensors(path: string, tensors: Readonly<Record<string, TensorSpec>>): void {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { dtype = "F32", shape }]) => {
    const begin = end;
    end += shape.reduce((product, dim) => product * dim, BYTES_PER_ELEMENT[dtype]);
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const bytes = safetensorsBytes(JSON.stringify(Object.fromEntries(entries)), end);
  let at = bytes.length - end;
  for (const { dtype = "F32", shape, data } of Object.values(tensors)) {
    if (data) bytes.set(data, at);
    at += shape.reduce((product, dim) => product * dim, BYTES_PER_ELEMENT[dtype]);
  }
  writeFileSync(path, bytes);
}

/** The tensors of a safetensors file, by name. */
export function readSafetensors(path: string): Map<string, TensorSpec> {
  const bytes = readFileSync(path);
  const stored = [...readSafetensorsHeader(path, path)];
  return new Map(
    stored.map(([name, { dtype, shape, offset, length }]) => [
      name,
      { dtype, shape, data: bytes.subarray(offset, offset + length) },
    ]),
  );
}

/** The bytes of a safetensors file with this header, whatever it says, and so many bytes of data. */
export function safetensorsBytes(header: string, dataBytes: number): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([prefix, Buffer.from(header), Buffer.alloc(dataBytes)]);
}

import type { Tensor } from "./model";

type TensorEntry = Readonly<{ dtype: string; shape: readonly number[]; data_offsets: [number, number] }>;

/** Tensors by name as a file of Hugging Face's format: a header's length, the header in JSON, the numbers. */
export function toSafetensors(tensors: Readonly<Record<string, Tensor>>, dtype: "F32" | "F64"): Uint8Array {
  const header: Record<string, TensorEntry> = {};
  const parts: Uint8Array[] = [];
  let begin = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    const numbers = dtype === "F64" ? values : Float32Array.from(values);
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    header[name] = { dtype, shape, data_offsets: [begin, begin + bytes.byteLength] };
    parts.push(bytes);
    begin += bytes.byteLength;
  }
  const json = JSON.stringify(header);
  // The numbers begin at a multiple of eight, so that a reader can map the file.
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.byteLength));
  return Buffer.concat([length, text, ...parts]);
}

/**
 * Copies the numbers of a file that `toSafetensors` wrote in F64 into tensors of the same names and shapes.
 * The file is one whose digest was right: what does not fit is a fault of the program.
 */
export function fillFromSafetensors(file: Uint8Array, tensors: Readonly<Record<string, Tensor>>): void {
  const bytes = Buffer.from(file);
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  const header: Record<string, TensorEntry> = JSON.parse(bytes.toString("utf8", 8, begin));
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    const { dtype, shape: stored, data_offsets } = header[name];
    if (dtype !== "F64" || String(stored) !== String(shape))
      throw new Error(`${name} is ${dtype} [${stored}] in the checkpoint and F64 [${shape}] here`);
    const target = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    target.set(bytes.subarray(begin + data_offsets[0], begin + data_offsets[1]));
  }
}

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { CheckpointError } from "./checkpoint-error";
import { BYTES_PER_FLOAT } from "./float-formats";

/** A tensor in a safetensors file: where its bytes lie. */
export type StoredTensor = Readonly<{
  file: string;
  dtype: string;
  shape: readonly number[];
  /** Bytes from the start of the file. */
  offset: number;
  /** Bytes. */
  length: number;
  /** Of a quantised matrix: where its scales lie. Then `dtype` is "Q8", "Q4" or "I8" and `shape` that of the weights. */
  scales?: StoredTensor;
}>;

const HEADER_BYTES_MAX = 100_000_000;
/** The dtypes whose sizes the runtime checks; a tensor of another dtype is refused only where it is needed. */
const BYTES_PER_ELEMENT: Readonly<Record<string, number | undefined>> = { ...BYTES_PER_FLOAT, U8: 1, I8: 1 };

/**
 * Reads the header of a safetensors file: an unsigned 64-bit length, then JSON that maps each tensor's name to its
 * dtype, shape and place (https://huggingface.co/docs/safetensors). The tensors' bytes are not read.
 *
 * @param path the file
 * @param file the name that the tensors carry
 * @throws CheckpointError when the header is not one or a tensor lies outside the file
 */
export function readSafetensorsHeader(path: string, file: string): Map<string, StoredTensor> {
  const descriptor = openSync(path, "r");
  try {
    const fileBytes = fstatSync(descriptor).size;
    const prefix = Buffer.alloc(8);
    const headerBytes = readSync(descriptor, prefix, 0, 8, 0) === 8 ? Number(prefix.readBigUInt64LE()) : 0;
    if (headerBytes < 2 || headerBytes > HEADER_BYTES_MAX || 8 + headerBytes > fileBytes)
      throw new CheckpointError([
        `${file}: not a safetensors file, or cut off: ${fileBytes} bytes, header of ${headerBytes}`,
      ]);
    const header = Buffer.alloc(headerBytes);
    readSync(descriptor, header, 0, headerBytes, 8);
    return parseHeader(header.toString("utf8"), file, 8 + headerBytes, fileBytes);
  } finally {
    closeSync(descriptor);
  }
}

type HeaderEntry = Partial<Record<"dtype" | "shape" | "data_offsets", unknown>> | null;

function parseHeader(
  json: string,
  file: string,
  dataStart: number,
  fileBytes: number,
): Map<string, StoredTensor> {
  let entries: Record<string, HeaderEntry>;
  try {
    entries = JSON.parse(json);
  } catch (cause) {
    throw new CheckpointError([`${file}: the safetensors header is not JSON: ${(cause as Error).message}`]);
  }
  if (typeof entries !== "object" || entries === null || Array.isArray(entries))
    throw new CheckpointError([`${file}: the safetensors header is not a JSON object`]);
  const tensors = new Map<string, StoredTensor>();
  const findings: string[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (name === "__metadata__") continue;
    const tensor = storedTensor(entry, file, dataStart);
    if (!tensor) findings.push(`${file}: tensor ${name} has a malformed entry ${JSON.stringify(entry)}`);
    else if (tensor.offset + tensor.length > fileBytes)
      findings.push(
        `${file}: tensor ${name} ends at byte ${tensor.offset + tensor.length}, the file has ${fileBytes}: download it again`,
      );
    else tensors.set(name, tensor);
  }
  if (findings.length > 0) throw new CheckpointError(findings);
  return tensors;
}

function storedTensor(entry: HeaderEntry, file: string, dataStart: number): StoredTensor | undefined {
  const { dtype, shape, data_offsets } = entry ?? {};
  if (typeof dtype !== "string" || !isCounts(shape) || !isCounts(data_offsets) || data_offsets.length !== 2)
    return undefined;
  const [begin, end] = data_offsets;
  const elements = shape.reduce((product, dim) => product * dim, 1);
  const bytesPerElement = BYTES_PER_ELEMENT[dtype];
  if (end < begin || (bytesPerElement !== undefined && end - begin !== elements * bytesPerElement))
    return undefined;
  return { file, dtype, shape, offset: dataStart + begin, length: end - begin };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

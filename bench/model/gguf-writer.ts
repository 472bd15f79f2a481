import { closeSync, openSync, writeSync } from "node:fs";
import { BLOCK_WEIGHTS, Q4_0_BLOCK_BYTES, Q8_0_BLOCK_BYTES, quantizeQ4, quantizeQ8 } from "./gguf-blocks";
import { type LlamaShape, NORM_EPSILON, type RandomWeight, ROPE_THETA } from "./random-llama";

/** GGUF version 3, as ggml's docs/gguf.md describes it. */

export type GgufPrecision = "F32" | "Q8_0" | "Q4_0";

/** Bytes, control tokens and the unknown one come first in a vocabulary; prompts keep out of them. */
export const RESERVED_TOKENS = 259;

const MAGIC = 0x46554747;
const VERSION = 3;
const ALIGNMENT = 32;

/** ggml's numbers of the types of tensors. */
const TENSOR_TYPES = { F32: 0, Q4_0: 2, Q8_0: 8 } as const;
/** llama.cpp's numbers of the types of files (`llama_ftype`). */
const FILE_TYPES = { F32: 0, Q4_0: 2, Q8_0: 7 } as const;
/** GGUF's numbers of the types of metadata values. */
const VALUE_TYPES = { uint32: 4, int32: 5, float32: 6, string: 8, array: 9 } as const;
/** llama.cpp's numbers of the types of tokens. */
const TOKEN_TYPES = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

type Metadata =
  | Readonly<{ type: "uint32" | "float32"; value: number }>
  | Readonly<{ type: "string"; value: string }>
  | Readonly<{ type: "array"; of: "int32" | "float32"; value: readonly number[] }>
  | Readonly<{ type: "array"; of: "string"; value: readonly string[] }>;

/**
 * Writes a llama decoder. Every matrix has the given precision, the embedding and the output head too, so that both
 * engines read as many bytes of weights; vectors stay float32, as llama.cpp demands.
 */
export function writeGguf(
  path: string,
  shape: LlamaShape,
  weights: readonly RandomWeight[],
  precision: GgufPrecision,
): void {
  const file = openSync(path, "w");
  let written = 0;
  const write = (bytes: Uint8Array) => {
    written += writeSync(file, bytes);
  };
  const pad = () => write(Buffer.alloc(padding(written)));
  try {
    write(header(shape, weights, precision));
    pad();
    for (const weight of weights) {
      write(encode(llamaRowOrder(weight), precisionOf(weight, precision)));
      pad();
    }
  } finally {
    closeSync(file);
  }
}

/**
 * The rows as GGUF's llama architecture has them: its rotary embedding turns neighbouring pairs of dimensions, a
 * Hugging Face checkpoint's turns dimension i with i + headDim / 2 (llama.cpp's convert_hf_to_gguf.py, `permute`).
 */
export function llamaRowOrder(weight: RandomWeight): Float32Array {
  const { rows, columns, rotatedHeads } = weight;
  const values = weight.values();
  if (!rotatedHeads) return values;
  const headDim = rows / rotatedHeads;
  const half = headDim / 2;
  const ordered = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const within = row % headDim;
    const source = row - within + (within % 2) * half + Math.floor(within / 2);
    ordered.set(values.subarray(source * columns, (source + 1) * columns), row * columns);
  }
  return ordered;
}

function header(shape: LlamaShape, weights: readonly RandomWeight[], precision: GgufPrecision): Buffer {
  const metadata = Object.entries(metadataOf(shape, precision));
  const parts = [uint32(MAGIC), uint32(VERSION), uint64(weights.length), uint64(metadata.length)];
  for (const [key, entry] of metadata)
    parts.push(string(key), uint32(VALUE_TYPES[entry.type]), encodeMetadata(entry));
  let offset = 0;
  for (const weight of weights) {
    const { ggufName, rows, columns, isVector } = weight;
    // Dimensions are listed from the innermost.
    const dimensions = isVector ? [columns] : [columns, rows];
    const type = precisionOf(weight, precision);
    parts.push(string(ggufName), uint32(dimensions.length), ...dimensions.map(uint64));
    parts.push(uint32(TENSOR_TYPES[type]), uint64(offset));
    const bytes = byteLength(rows * columns, type);
    offset += bytes + padding(bytes);
  }
  return Buffer.concat(parts);
}

function metadataOf(shape: LlamaShape, precision: GgufPrecision): Record<string, Metadata> {
  const tokens = Array.from({ length: shape.vocabSize }, (_, id) => dummyToken(id));
  const uint = (value: number): Metadata => ({ type: "uint32", value });
  return {
    "general.architecture": { type: "string", value: "llama" },
    "general.alignment": uint(ALIGNMENT),
    "general.file_type": uint(FILE_TYPES[precision]),
    "llama.vocab_size": uint(shape.vocabSize),
    "llama.context_length": uint(shape.maxPositions),
    "llama.embedding_length": uint(shape.hiddenSize),
    "llama.block_count": uint(shape.layers),
    "llama.feed_forward_length": uint(shape.intermediateSize),
    "llama.rope.dimension_count": uint(shape.headDim),
    "llama.rope.freq_base": { type: "float32", value: ROPE_THETA },
    "llama.attention.head_count": uint(shape.heads),
    "llama.attention.head_count_kv": uint(shape.kvHeads),
    "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: NORM_EPSILON },
    "tokenizer.ggml.model": { type: "string", value: "llama" },
    "tokenizer.ggml.tokens": { type: "array", of: "string", value: tokens.map(({ text }) => text) },
    "tokenizer.ggml.scores": { type: "array", of: "float32", value: tokens.map((_, id) => -id) },
    "tokenizer.ggml.token_type": { type: "array", of: "int32", value: tokens.map(({ type }) => type) },
    "tokenizer.ggml.bos_token_id": uint(1),
    "tokenizer.ggml.eos_token_id": uint(2),
    "tokenizer.ggml.unknown_token_id": uint(0),
  };
}

/** llama.cpp loads no model without a vocabulary; this one is never asked to make text. */
function dummyToken(id: number): { text: string; type: number } {
  if (id === 0) return { text: "<unk>", type: TOKEN_TYPES.unknown };
  if (id < 3) return { text: id === 1 ? "<s>" : "</s>", type: TOKEN_TYPES.control };
  if (id >= RESERVED_TOKENS) return { text: `\u2581t${id}`, type: TOKEN_TYPES.normal };
  const byte = (id - 3).toString(16).toUpperCase().padStart(2, "0");
  return { text: `<0x${byte}>`, type: TOKEN_TYPES.byte };
}

function precisionOf({ isVector }: RandomWeight, precision: GgufPrecision): GgufPrecision {
  return isVector ? "F32" : precision;
}

function encode(values: Float32Array, precision: GgufPrecision): Uint8Array {
  if (precision === "Q8_0") return quantizeQ8(values);
  if (precision === "Q4_0") return quantizeQ4(values);
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function byteLength(count: number, precision: GgufPrecision): number {
  if (precision === "F32") return count * Float32Array.BYTES_PER_ELEMENT;
  return (count / BLOCK_WEIGHTS) * (precision === "Q8_0" ? Q8_0_BLOCK_BYTES : Q4_0_BLOCK_BYTES);
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}

function encodeMetadata(entry: Metadata): Buffer {
  if (entry.type !== "array") return scalar(entry.type, entry.value);
  const { of, value } = entry;
  return Buffer.concat([
    uint32(VALUE_TYPES[of]),
    uint64(value.length),
    ...value.map((item) => scalar(of, item)),
  ]);
}

function scalar(type: Exclude<keyof typeof VALUE_TYPES, "array">, value: number | string): Buffer {
  if (typeof value === "string") return string(value);
  const bytes = Buffer.alloc(4);
  if (type === "float32") bytes.writeFloatLE(value);
  else if (type === "int32") bytes.writeInt32LE(value);
  else bytes.writeUInt32LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  return scalar("uint32", value);
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type LlamaShape, NORM_EPSILON, type RandomWeight, ROPE_THETA } from "./random-llama";

/** Writes a Hugging Face directory of float32 weights. It has no tokenizer: token ids go in and come out. */
export function writeCheckpoint(
  directory: string,
  shape: LlamaShape,
  weights: readonly RandomWeight[],
): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "config.json"), JSON.stringify(config(shape), null, 2));
  const file = openSync(join(directory, "model.safetensors"), "w");
  try {
    writeSync(file, safetensorsHeader(weights));
    for (const weight of weights) {
      const values = weight.values();
      writeSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
  } finally {
    closeSync(file);
  }
}

function config(shape: LlamaShape): object {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_act: "silu",
    hidden_size: shape.hiddenSize,
    intermediate_size: shape.intermediateSize,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    head_dim: shape.headDim,
    max_position_embeddings: shape.maxPositions,
    rms_norm_eps: NORM_EPSILON,
    rope_theta: ROPE_THETA,
    tie_word_embeddings: false,
    vocab_size: shape.vocabSize,
    eos_token_id: 2,
  };
}

/** The length of the JSON in 8 bytes, then the JSON, padded so that the data begins at a multiple of 8. */
function safetensorsHeader(weights: readonly RandomWeight[]): Buffer {
  const entries: Record<string, object> = {};
  let offset = 0;
  for (const { name, rows, columns, isVector } of weights) {
    const end = offset + rows * columns * Float32Array.BYTES_PER_ELEMENT;
    entries[name] = {
      dtype: "F32",
      shape: isVector ? [columns] : [rows, columns],
      data_offsets: [offset, end],
    };
    offset = end;
  }
  const json = JSON.stringify(entries);
  const padded = json.padEnd(Math.ceil(json.length / 8) * 8, " ");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, Buffer.from(padded)]);
}

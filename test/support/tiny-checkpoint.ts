import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { decoderTensors } from "../../runtime/src/model/decoder-tensors";
import { readDecoderConfig } from "./decoder-config";
import { type TensorSpec, writeSafetensors } from "./safetensors";
import { temporaryDirectory } from "./temporary-directory";

/** The config.json of a very small Llama. */
export const tinyConfig = {
  model_type: "llama",
  hidden_act: "silu",
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  vocab_size: 32,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  rope_parameters: { rope_type: "default", rope_theta: 10_000 },
  tie_word_embeddings: true,
};

type Json = Readonly<Record<string, unknown>>;
export type Tensors = Record<string, TensorSpec>;

/** The tensors that this config.json asks for. */
export function tinyTensors(config: Json = tinyConfig): Tensors {
  const expected = decoderTensors(readDecoderConfig(config).config);
  return Object.fromEntries(expected.map(({ name, shape }) => [name, { shape }]));
}

/** Writes files into a new directory: text as it is, anything else as JSON. */
export function directoryOf(files: Readonly<Record<string, unknown>>): string {
  const directory = temporaryDirectory();
  for (const [file, content] of Object.entries(files))
    writeFileSync(
      join(directory, file),
      typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
  return directory;
}

/** Writes a checkpoint with one file of weights. */
export function tinyCheckpoint(
  tensors: Tensors = tinyTensors(),
  files: Readonly<Record<string, unknown>> = {},
): string {
  const directory = directoryOf({ "config.json": tinyConfig, ...files });
  writeSafetensors(join(directory, "model.safetensors"), tensors);
  return directory;
}

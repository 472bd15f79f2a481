import { decoderTensors } from "../../runtime/src/model/decoder-tensors";
import { readDecoderConfig } from "./decoder-config";
import { type Tensors, tinyCheckpoint, tinyConfig } from "./tiny-checkpoint";

/** The tiny Llama with rows that are whole blocks. */
export const blockConfig = { ...tinyConfig, hidden_size: 32, intermediate_size: 64, head_dim: 16 };

/** A checkpoint of these settings with pseudorandom float32 weights from -1 to 1, and the weights as numbers. */
export function randomCheckpoint(
  settings: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, unknown>> = {},
  seed = 1,
): { directory: string; weights: Record<string, number[]> } {
  const json = { ...blockConfig, ...settings };
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.fround((state / 2 ** 31 - 1) * 0.5);
  };
  const weights: Record<string, number[]> = {};
  const tensors: Tensors = {};
  for (const { name, shape } of decoderTensors(readDecoderConfig(json).config)) {
    const length = shape.reduce((product, dim) => product * dim, 1);
    weights[name] = Array.from({ length }, next);
    tensors[name] = { shape, data: new Uint8Array(Float32Array.from(weights[name]).buffer) };
  }
  return { directory: tinyCheckpoint(tensors, { "config.json": json, ...files }), weights };
}

import type { DecoderConfig } from "../../runtime/src/model/decoder-config";
import { tensorNames } from "../../runtime/src/model/decoder-tensors";
import { ropeFrequencies } from "../../runtime/src/model/rope";

/** A matrix or a vector as plain numbers, row by row. */
export type Weights = Readonly<Record<string, readonly number[]>>;

/**
 * A Llama in plain loops and double precision, one sequence at a time and without a cache: slow, and plain to read.
 * @returns the logits of the last position
 */
export function naiveLogits(config: DecoderConfig, weights: Weights, tokens: readonly number[]): number[] {
  const { hiddenSize, headDim, heads, kvHeads } = config;
  const table = weights[tensorNames.embedding];
  const stream = tokens.map((token) => table.slice(token * hiddenSize, (token + 1) * hiddenSize));
  const linear = (rows: number[][], name: string) =>
    rows.map((row) => multiply(weights[`${name}.weight`], row, weights[`${name}.bias`]));
  const norm = (rows: readonly (readonly number[])[], name: string) =>
    rows.map((row) => rmsNorm(row, weights[name], config.rmsNormEps));

  for (let layer = 0; layer < config.layers; layer++) {
    const input = norm(stream, tensorNames.inputNorm(layer));
    const project = (part: "q" | "k" | "v") => linear(input, tensorNames.attention(layer, part));
    const queries = project("q").map((row, position) => rotate(row, position, config));
    const keys = project("k").map((row, position) => rotate(row, position, config));
    const values = project("v");
    const context = queries.map((query, position) =>
      Array.from({ length: heads }, (_, head) => {
        const kv = Math.floor(head / (heads / kvHeads)) * headDim;
        const own = query.slice(head * headDim, (head + 1) * headDim);
        const visible = keys.slice(0, position + 1);
        const scores = visible.map((key) => dot(own, key.slice(kv, kv + headDim)) / Math.sqrt(headDim));
        const shares = softmax(scores);
        return own.map((_, dim) => shares.reduce((sum, share, at) => sum + share * values[at][kv + dim], 0));
      }).flat(),
    );
    add(stream, linear(context, tensorNames.attention(layer, "o")));
    const hidden = norm(stream, tensorNames.postAttentionNorm(layer));
    const up = linear(hidden, tensorNames.mlp(layer, "up"));
    const gated = linear(hidden, tensorNames.mlp(layer, "gate")).map((row, at) =>
      row.map((gate, index) => (gate / (1 + Math.exp(-gate))) * up[at][index]),
    );
    add(stream, linear(gated, tensorNames.mlp(layer, "down")));
  }
  const [last] = norm(stream.slice(-1), tensorNames.finalNorm);
  return multiply(weights[config.tieWordEmbeddings ? tensorNames.embedding : tensorNames.head], last);
}

function multiply(matrix: readonly number[], vector: readonly number[], bias?: readonly number[]): number[] {
  const width = vector.length;
  return Array.from(
    { length: matrix.length / width },
    (_, row) => dot(matrix.slice(row * width, (row + 1) * width), vector) + (bias?.[row] ?? 0),
  );
}

function rmsNorm(row: readonly number[], scale: readonly number[], epsilon: number): number[] {
  const root = Math.sqrt(dot(row, row) / row.length + epsilon);
  return row.map((value, index) => (value / root) * scale[index]);
}

function rotate(row: readonly number[], position: number, { rope, headDim }: DecoderConfig): number[] {
  const frequencies = ropeFrequencies(rope, headDim);
  const half = headDim / 2;
  return row.map((value, index) => {
    const dim = index % headDim;
    const angle = position * frequencies[dim % half];
    const partner = dim < half ? -row[index + half] : row[index - half];
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}

function softmax(scores: readonly number[]): number[] {
  const best = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - best));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index], 0);
}

function add(stream: (readonly number[])[], updates: readonly number[][]): void {
  for (const [position, update] of updates.entries())
    stream[position] = stream[position].map((value, index) => value + update[index]);
}

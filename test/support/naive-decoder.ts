import type { DecoderConfig, LayerAttention } from "../../runtime/src/model/decoder-config";
import { tensorNames } from "../../runtime/src/model/decoder-tensors";
import { type RopeSettings, ropeFrequencies } from "../../runtime/src/model/rope";

/** A matrix or a vector as plain numbers, row by row. */
export type Weights = Readonly<Record<string, readonly number[]>>;

type Rows = readonly (readonly number[])[];

/**
 * A decoder in plain loops and double precision, one sequence at a time and without a cache: slow, and plain to read.
 * @returns the logits of the last position
 */
export function naiveLogits(config: DecoderConfig, weights: Weights, tokens: readonly number[]): number[] {
  const { hiddenSize, embeddingScale } = config;
  const table = weights[tensorNames.embedding];
  const norm = (rows: Rows, name: string) => rows.map((row) => rmsNorm(row, weights[name], config));
  const stream: (readonly number[])[] = tokens.map((token) =>
    table.slice(token * hiddenSize, (token + 1) * hiddenSize).map((value) => value * embeddingScale),
  );
  const add = (updates: Rows, postNorm: string) => {
    const added = config.postNorms ? norm(updates, postNorm) : updates;
    for (const [position, update] of added.entries())
      stream[position] = stream[position].map((value, index) => value + update[index]);
  };
  for (let layer = 0; layer < config.layers; layer++) {
    const attended = attention(config, weights, layer, norm(stream, tensorNames.attentionNorm(layer)));
    add(attended, tensorNames.attentionPostNorm(layer));
    const hidden = norm(stream, tensorNames.mlpNorm(layer, config));
    add(mlp(config, weights, layer, hidden), tensorNames.mlpPostNorm(layer));
  }
  const [last] = norm(stream.slice(-1), tensorNames.finalNorm);
  const head = weights[config.tieWordEmbeddings ? tensorNames.embedding : tensorNames.head];
  return multiply(head, last).map((logit) => softcapped(logit, config.logitSoftcap));
}

function attention(config: DecoderConfig, weights: Weights, layer: number, input: Rows): number[][] {
  const { heads, kvHeads, headDim } = config;
  const { rope, window = Number.POSITIVE_INFINITY }: LayerAttention = config.layerAttention[layer];
  const projected = (part: "q" | "k" | "v") => {
    if (!config.fusedProjections) return linear(weights, input, tensorNames.attention(layer, part));
    const [query, kv] = [heads * headDim, kvHeads * headDim];
    const [from, to] = { q: [0, query], k: [query, query + kv], v: [query + kv, query + 2 * kv] }[part];
    return linear(weights, input, tensorNames.attention(layer, "qkv")).map((row) => row.slice(from, to));
  };
  const rotated = (part: "q" | "k") =>
    projected(part).map((row, position) =>
      headsOf(row, headDim).map((head) => {
        const scale = weights[tensorNames.queryKeyNorm(layer, part)];
        const normed = config.queryKeyNorm ? rmsNorm(head, scale, config) : head;
        return rotate(normed, position, rope, config.rotaryDim);
      }),
    );
  const [queries, keys] = [rotated("q"), rotated("k")];
  const values = projected("v").map((row) => headsOf(row, headDim));
  const context = queries.map((ownHeads, position) =>
    ownHeads.flatMap((query, head) => {
      const kvHead = Math.floor(head / (heads / kvHeads));
      const visible = keys.map((_, at) => at).filter((at) => at <= position && at > position - window);
      const shares = softmax(
        visible.map((at) =>
          softcapped(dot(query, keys[at][kvHead]) * config.attentionScale, config.attentionSoftcap),
        ),
      );
      return query.map((_, dim) =>
        visible.reduce((sum, at, index) => sum + shares[index] * values[at][kvHead][dim], 0),
      );
    }),
  );
  return linear(weights, context, tensorNames.attention(layer, "o"));
}

function mlp(config: DecoderConfig, weights: Weights, layer: number, input: Rows): number[][] {
  const { intermediateSize } = config;
  const name = (part: "gate" | "up" | "gate_up" | "down") => tensorNames.mlp(layer, part);
  const both = config.fusedProjections && linear(weights, input, name("gate_up"));
  const gate = both
    ? both.map((row) => row.slice(0, intermediateSize))
    : linear(weights, input, name("gate"));
  const up = both ? both.map((row) => row.slice(intermediateSize)) : linear(weights, input, name("up"));
  const gated = gate.map((row, at) =>
    row.map((value, index) => activations[config.activation](value) * up[at][index]),
  );
  return linear(weights, gated, name("down"));
}

const activations = {
  silu: (x: number) => x / (1 + Math.exp(-x)),
  gelu_pytorch_tanh: (x: number) =>
    0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

function linear(weights: Weights, rows: Rows, name: string): number[][] {
  return rows.map((row) => multiply(weights[`${name}.weight`], row, weights[`${name}.bias`]));
}

function multiply(matrix: readonly number[], vector: readonly number[], bias?: readonly number[]): number[] {
  const width = vector.length;
  return Array.from(
    { length: matrix.length / width },
    (_, row) => dot(matrix.slice(row * width, (row + 1) * width), vector) + (bias?.[row] ?? 0),
  );
}

function headsOf(row: readonly number[], headDim: number): number[][] {
  return Array.from({ length: row.length / headDim }, (_, head) =>
    row.slice(head * headDim, (head + 1) * headDim),
  );
}

function rmsNorm(row: readonly number[], scale: readonly number[], config: DecoderConfig): number[] {
  const root = Math.sqrt(dot(row, row) / row.length + config.rmsNormEps);
  const offset = config.normUnitOffset ? 1 : 0;
  return row.map((value, index) => (value / root) * (offset + scale[index]));
}

/** Rotates the first `rotaryDim` dimensions of one head; pairs lie half of those apart. */
function rotate(head: readonly number[], position: number, rope: RopeSettings, rotaryDim: number): number[] {
  const frequencies = ropeFrequencies(rope, rotaryDim);
  const half = rotaryDim / 2;
  return head.map((value, dim) => {
    if (dim >= rotaryDim) return value;
    const angle = position * frequencies[dim % half];
    const partner = dim < half ? -head[dim + half] : head[dim - half];
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}

function softcapped(value: number, softcap: number | undefined): number {
  return softcap === undefined ? value : softcap * Math.tanh(value / softcap);
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

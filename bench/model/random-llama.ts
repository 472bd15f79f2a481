import { normals, random } from "./random";

/** Sizes of a llama decoder, named as its config.json names them. */
export type LlamaShape = Readonly<{
  hiddenSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  intermediateSize: number;
  vocabSize: number;
  maxPositions: number;
}>;

/** The model that every engine is measured with. */
export const BENCH_SHAPE: LlamaShape = {
  hiddenSize: 768,
  layers: 12,
  heads: 12,
  kvHeads: 4,
  headDim: 64,
  intermediateSize: 2048,
  vocabSize: 32_000,
  maxPositions: 4096,
};

/** A model that takes no time, to try the benchmarks themselves. */
export const TRIAL_SHAPE: LlamaShape = {
  hiddenSize: 128,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  intermediateSize: 256,
  vocabSize: 2000,
  maxPositions: 4096,
};

export const ROPE_THETA = 10_000;
export const NORM_EPSILON = 1e-5;

/** A weight of `[rows, columns]`, row by row, or a vector of one row. */
export type RandomWeight = Readonly<{
  /** As a Hugging Face checkpoint calls it. */
  name: string;
  /** As a GGUF file calls it. */
  ggufName: string;
  rows: number;
  columns: number;
  isVector: boolean;
  /** Heads whose rows GGUF's llama architecture orders otherwise: those of queries and keys. */
  rotatedHeads?: number;
  /** Generates the values; the same at every call. */
  values(): Float32Array;
}>;

/** Wide enough that greedy choices are not all alike, as trained weights of this width are. */
const DEVIATION = 0.03;

/** Of embeddings that outweigh all that the layers add to them. */
const LOUD_DEVIATION = 3;

export type LlamaOptions = Readonly<{
  seed?: number;
  /**
   * Makes the model recite: the vocabulary falls into passages of so many consecutive ids, and greedily each token is
   * followed by the next of its passage, the last by the first.
   */
  passageTokens?: number;
}>;

/** The weights of a decoder. Their values are made when asked for: all at once would not fit a small machine. */
export function randomLlama(
  shape: LlamaShape,
  { seed = 1, passageTokens }: LlamaOptions = {},
): RandomWeight[] {
  const { hiddenSize, headDim, heads, kvHeads, intermediateSize, vocabSize } = shape;
  const weights: RandomWeight[] = [];
  const drawn = (index: number, count: number, deviation = DEVIATION) =>
    normals(random(Math.imul(seed, 0x9e3779b1) + index), count, deviation);
  const matrix = (
    name: string,
    ggufName: string,
    rows: number,
    columns: number,
    rotatedHeads?: number,
    values?: () => Float32Array,
  ) => {
    const index = weights.length;
    weights.push({
      name,
      ggufName,
      rows,
      columns,
      isVector: false,
      rotatedHeads,
      values: values ?? (() => drawn(index, rows * columns)),
    });
  };
  const ones = (name: string, ggufName: string) =>
    weights.push({
      name,
      ggufName,
      rows: 1,
      columns: hiddenSize,
      isVector: true,
      values: () => new Float32Array(hiddenSize).fill(1),
    });
  const embeddings = () => drawn(0, vocabSize * hiddenSize, passageTokens ? LOUD_DEVIATION : DEVIATION);
  matrix("model.embed_tokens.weight", "token_embd.weight", vocabSize, hiddenSize, undefined, embeddings);
  for (let layer = 0; layer < shape.layers; layer++) {
    const of = `model.layers.${layer}`;
    const block = `blk.${layer}`;
    ones(`${of}.input_layernorm.weight`, `${block}.attn_norm.weight`);
    matrix(`${of}.self_attn.q_proj.weight`, `${block}.attn_q.weight`, heads * headDim, hiddenSize, heads);
    matrix(`${of}.self_attn.k_proj.weight`, `${block}.attn_k.weight`, kvHeads * headDim, hiddenSize, kvHeads);
    matrix(`${of}.self_attn.v_proj.weight`, `${block}.attn_v.weight`, kvHeads * headDim, hiddenSize);
    matrix(`${of}.self_attn.o_proj.weight`, `${block}.attn_output.weight`, hiddenSize, heads * headDim);
    ones(`${of}.post_attention_layernorm.weight`, `${block}.ffn_norm.weight`);
    matrix(`${of}.mlp.gate_proj.weight`, `${block}.ffn_gate.weight`, intermediateSize, hiddenSize);
    matrix(`${of}.mlp.up_proj.weight`, `${block}.ffn_up.weight`, intermediateSize, hiddenSize);
    matrix(`${of}.mlp.down_proj.weight`, `${block}.ffn_down.weight`, hiddenSize, intermediateSize);
  }
  ones("model.norm.weight", "output_norm.weight");
  const head = passageTokens ? () => reciting(embeddings(), shape, passageTokens) : undefined;
  matrix("lm_head.weight", "output.weight", vocabSize, hiddenSize, undefined, head);
  return weights;
}

/** An output head in which each token's row is the embedding of the token before it in its passage. */
function reciting(
  embeddings: Float32Array,
  { vocabSize, hiddenSize }: LlamaShape,
  passageTokens: number,
): Float32Array {
  const head = new Float32Array(embeddings.length);
  for (let token = 0; token < vocabSize; token++) {
    const follower = followingToken(token, vocabSize, passageTokens);
    const row = embeddings.subarray(token * hiddenSize, (token + 1) * hiddenSize);
    head.set(
      row.map((value) => (value * DEVIATION) / LOUD_DEVIATION),
      follower * hiddenSize,
    );
  }
  return head;
}

/** The token that a model of passages recites after another. */
export function followingToken(token: number, vocabSize: number, passageTokens: number): number {
  const first = token - (token % passageTokens);
  const end = Math.min(first + passageTokens, vocabSize);
  return token + 1 < end ? token + 1 : first;
}

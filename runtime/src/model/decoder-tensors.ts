import type { DecoderConfig } from "./decoder-config";

/** Names of the Llama family's tensors in a Hugging Face checkpoint. */
export const tensorNames = {
  embedding: "model.embed_tokens.weight",
  finalNorm: "model.norm.weight",
  head: "lm_head.weight",
  inputNorm: (layer: number) => `model.layers.${layer}.input_layernorm.weight`,
  postAttentionNorm: (layer: number) => `model.layers.${layer}.post_attention_layernorm.weight`,
  attention: (layer: number, part: "q" | "k" | "v" | "o") => `model.layers.${layer}.self_attn.${part}_proj`,
  mlp: (layer: number, part: "gate" | "up" | "down") => `model.layers.${layer}.mlp.${part}_proj`,
};

export type ExpectedTensor = Readonly<{ name: string; shape: readonly number[] }>;

/** Every tensor that the configuration asks for. Matrices are `[out, in]`. */
export function decoderTensors(config: DecoderConfig): ExpectedTensor[] {
  const { hiddenSize, intermediateSize, vocabSize } = config;
  const queryWidth = config.heads * config.headDim;
  const kvWidth = config.kvHeads * config.headDim;
  const linear = (name: string, out: number, input: number, bias: boolean): ExpectedTensor[] => [
    { name: `${name}.weight`, shape: [out, input] },
    ...(bias ? [{ name: `${name}.bias`, shape: [out] }] : []),
  ];
  const layer = (index: number): ExpectedTensor[] => [
    { name: tensorNames.inputNorm(index), shape: [hiddenSize] },
    ...linear(tensorNames.attention(index, "q"), queryWidth, hiddenSize, config.attentionBias),
    ...linear(tensorNames.attention(index, "k"), kvWidth, hiddenSize, config.attentionBias),
    ...linear(tensorNames.attention(index, "v"), kvWidth, hiddenSize, config.attentionBias),
    ...linear(tensorNames.attention(index, "o"), hiddenSize, queryWidth, config.attentionBias),
    { name: tensorNames.postAttentionNorm(index), shape: [hiddenSize] },
    ...linear(tensorNames.mlp(index, "gate"), intermediateSize, hiddenSize, config.mlpBias),
    ...linear(tensorNames.mlp(index, "up"), intermediateSize, hiddenSize, config.mlpBias),
    ...linear(tensorNames.mlp(index, "down"), hiddenSize, intermediateSize, config.mlpBias),
  ];
  return [
    { name: tensorNames.embedding, shape: [vocabSize, hiddenSize] },
    ...Array.from({ length: config.layers }, (_, index) => layer(index)).flat(),
    { name: tensorNames.finalNorm, shape: [hiddenSize] },
    ...(config.tieWordEmbeddings ? [] : [{ name: tensorNames.head, shape: [vocabSize, hiddenSize] }]),
  ];
}

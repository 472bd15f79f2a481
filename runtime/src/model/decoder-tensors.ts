import type { DecoderConfig } from "./decoder-config";

/** Names of a decoder's tensors in a Hugging Face checkpoint. Those of linear layers lack `.weight` and `.bias`. */
export const tensorNames = {
  embedding: "model.embed_tokens.weight",
  finalNorm: "model.norm.weight",
  head: "lm_head.weight",
  attentionNorm: (layer: number) => `model.layers.${layer}.input_layernorm.weight`,
  attention: (layer: number, part: "q" | "k" | "v" | "qkv" | "o") =>
    `model.layers.${layer}.self_attn.${part}_proj`,
  queryKeyNorm: (layer: number, part: "q" | "k") => `model.layers.${layer}.self_attn.${part}_norm.weight`,
  /** Of what attention gives, where there are norms behind attention and MLP. */
  attentionPostNorm: (layer: number) => `model.layers.${layer}.post_attention_layernorm.weight`,
  /** The same name means the norm before the MLP where that is the only one behind attention. */
  mlpNorm: (layer: number, { postNorms }: Pick<DecoderConfig, "postNorms">) =>
    `model.layers.${layer}.${postNorms ? "pre_feedforward" : "post_attention"}_layernorm.weight`,
  mlp: (layer: number, part: "gate" | "up" | "gate_up" | "down") => `model.layers.${layer}.mlp.${part}_proj`,
  mlpPostNorm: (layer: number) => `model.layers.${layer}.post_feedforward_layernorm.weight`,
};

export type ExpectedTensor = Readonly<{ name: string; shape: readonly number[] }>;

/** Every tensor that the configuration asks for. Matrices are `[out, in]`. */
export function decoderTensors(config: DecoderConfig): ExpectedTensor[] {
  const { hiddenSize, vocabSize } = config;
  return [
    { name: tensorNames.embedding, shape: [vocabSize, hiddenSize] },
    ...Array.from({ length: config.layers }, (_, layer) => [
      ...attentionTensors(config, layer),
      ...mlpTensors(config, layer),
    ]).flat(),
    { name: tensorNames.finalNorm, shape: [hiddenSize] },
    ...(config.tieWordEmbeddings ? [] : [{ name: tensorNames.head, shape: [vocabSize, hiddenSize] }]),
  ];
}

function attentionTensors(config: DecoderConfig, layer: number): ExpectedTensor[] {
  const { hiddenSize, headDim, qkvBias } = config;
  const queryWidth = config.heads * headDim;
  const kvWidth = config.kvHeads * headDim;
  const projection = (part: "q" | "k" | "v" | "qkv", width: number) =>
    linear(tensorNames.attention(layer, part), width, hiddenSize, qkvBias);
  const headNorm = (part: "q" | "k") => ({ name: tensorNames.queryKeyNorm(layer, part), shape: [headDim] });
  return [
    { name: tensorNames.attentionNorm(layer), shape: [hiddenSize] },
    ...(config.fusedProjections
      ? projection("qkv", queryWidth + 2 * kvWidth)
      : [...projection("q", queryWidth), ...projection("k", kvWidth), ...projection("v", kvWidth)]),
    ...(config.queryKeyNorm ? [headNorm("q"), headNorm("k")] : []),
    ...linear(tensorNames.attention(layer, "o"), hiddenSize, queryWidth, config.attentionOutputBias),
    ...(config.postNorms ? [{ name: tensorNames.attentionPostNorm(layer), shape: [hiddenSize] }] : []),
  ];
}

function mlpTensors(config: DecoderConfig, layer: number): ExpectedTensor[] {
  const { hiddenSize, intermediateSize, mlpBias } = config;
  const projection = (part: "gate" | "up" | "gate_up", width: number) =>
    linear(tensorNames.mlp(layer, part), width, hiddenSize, mlpBias);
  return [
    { name: tensorNames.mlpNorm(layer, config), shape: [hiddenSize] },
    ...(config.fusedProjections
      ? projection("gate_up", 2 * intermediateSize)
      : [...projection("gate", intermediateSize), ...projection("up", intermediateSize)]),
    ...linear(tensorNames.mlp(layer, "down"), hiddenSize, intermediateSize, mlpBias),
    ...(config.postNorms ? [{ name: tensorNames.mlpPostNorm(layer), shape: [hiddenSize] }] : []),
  ];
}

function linear(name: string, out: number, input: number, bias: boolean): ExpectedTensor[] {
  return [
    { name: `${name}.weight`, shape: [out, input] },
    ...(bias ? [{ name: `${name}.bias`, shape: [out] }] : []),
  ];
}

import { GatheredBlockAttention } from "./attention/gathered-blocks";
import type { AttentionRows } from "./attention/paged-attention";
import type { Checkpoint } from "./checkpoint";
import { tensorNames } from "./decoder-tensors";
import { GraphWeights, type Projection } from "./graph-weights";
import { FLOAT16_MAX, type KvCachePrecision, kvCacheNumbers } from "./kv-cache-precision";
import { GraphBuilder, type Value } from "./onnx/graph-builder";
import { DataType } from "./onnx/model-proto";
import { Rotation } from "./rotation";
import { addScoreHead } from "./score-head";

/** Names of the graph's inputs that are neither attention's nor the embeddings, and of its outputs. */
export const decoderInputs = {
  /** int64 `[tokens, 1]`: each token's position in its sequence. */
  positions: "positions",
  /** int32 `[samples]`: the rows whose next token is wanted. */
  sampleRows: "sample_rows",
} as const;

export const decoderOutputs = {
  /** `[tokens, kvHeads * headDim]` in the cache's precision: what the step adds to the pool of one layer. */
  newKeys: (layer: number) => `new_keys.${layer}`,
  newValues: (layer: number) => `new_values.${layer}`,
} as const;

export type DecoderGraphOptions = Readonly<{
  blockSize: number;
  maxModelLen: number;
  kvCachePrecision: KvCachePrecision;
}>;

/** The residual stream; the last layer's result is added where it is next normalised. */
type Stream = Readonly<{ residual: Value; update?: Value }>;

/**
 * Builds the graph of a decoder with paged attention.
 *
 * @returns a serialised ONNX model whose external data lies in the checkpoint's `weightsDirectory`
 */
export function buildDecoderGraph(checkpoint: Checkpoint, options: DecoderGraphOptions): Uint8Array {
  return new DecoderGraph(checkpoint, options).build();
}

class DecoderGraph {
  private readonly graph = new GraphBuilder("decoder");
  private readonly weights: GraphWeights;

  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly options: DecoderGraphOptions,
  ) {
    this.weights = new GraphWeights(this.graph, checkpoint);
  }

  build(): Uint8Array {
    const { graph } = this;
    const { config } = this.checkpoint;
    const positions = graph.input(decoderInputs.positions, DataType.INT64, ["tokens", 1]);
    const sampleRows = graph.input(decoderInputs.sampleRows, DataType.INT32, ["samples"]);
    const attention = graph.scope("attention", () => new GatheredBlockAttention(graph, config, this.options));
    const rotation = new Rotation(graph, config, positions, this.options.maxModelLen);

    let stream: Stream = { residual: this.embedding() };
    const normed = (weight: string) => {
      const [norm, sum] = this.addNorm(stream, weight);
      stream = { residual: sum };
      return norm;
    };
    const add = (update: Value, postNorm: string) => {
      stream = { ...stream, update: config.postNorms ? this.norm(update, postNorm) : update };
    };
    for (let layer = 0; layer < config.layers; layer++)
      graph.scope(`layers.${layer}`, () => {
        const computed = this.attentionRows(layer, normed(tensorNames.attentionNorm(layer)), rotation);
        const rows = this.outputCacheRows(layer, computed);
        const context = graph.scope("attention", () => attention.layer(layer, rows));
        add(
          this.linear(context, tensorNames.attention(layer, "o"), config.attentionOutputBias),
          tensorNames.attentionPostNorm(layer),
        );
        add(this.mlp(layer, normed(tensorNames.mlpNorm(layer, config))), tensorNames.mlpPostNorm(layer));
      });
    this.head(stream, sampleRows);
    return graph.encode();
  }

  private embedding(): Value {
    const { embeddingScale } = this.checkpoint.config;
    const rows = this.weights.embedding(tensorNames.embedding);
    return embeddingScale === 1 ? rows : this.graph.op("Mul", [rows, this.graph.float(embeddingScale)]);
  }

  /** What a layer's attention sees of its input. */
  private attentionRows(layer: number, input: Value, rotation: Rotation): AttentionRows {
    const { config } = this.checkpoint;
    const { heads, kvHeads } = config;
    const [query, key, value] = this.projections(layer, input);
    const { rope } = config.layerAttention[layer];
    const head = (part: "q" | "k", rows: Value, count: number) =>
      rotation.rotate(config.queryKeyNorm ? this.headNorm(layer, part, rows, count) : rows, count, rope);
    return { query: head("q", query, heads), key: head("k", key, kvHeads), value };
  }

  private projections(layer: number, input: Value): Value[] {
    const { heads, kvHeads, headDim, fusedProjections, qkvBias } = this.checkpoint.config;
    const part = (name: "q" | "k" | "v" | "qkv") => projection(tensorNames.attention(layer, name), qkvBias);
    if (!fusedProjections) return this.weights.linears(input, [part("q"), part("k"), part("v")]);
    const [together] = this.weights.linears(input, [part("qkv")]);
    return this.split(together, heads * headDim, kvHeads * headDim, kvHeads * headDim);
  }

  private headNorm(layer: number, part: "q" | "k", rows: Value, heads: number): Value {
    const { headDim } = this.checkpoint.config;
    const perHead = this.graph.reshape(rows, -1, heads, headDim);
    return this.norm(perHead, tensorNames.queryKeyNorm(layer, part));
  }

  /**
   * Returns the rows as later steps will find them in the cache. Attending to others here would let a result depend on
   * which tokens a step happened to compute together: on chunks, preemptions and drafts.
   */
  private outputCacheRows(layer: number, rows: AttentionRows): AttentionRows {
    return {
      ...rows,
      key: this.outputCached(decoderOutputs.newKeys(layer), rows.key),
      value: this.outputCached(decoderOutputs.newValues(layer), rows.value),
    };
  }

  private outputCached(name: string, rows: Value): Value {
    const { graph } = this;
    const { kvHeads, headDim } = this.checkpoint.config;
    const precision = this.options.kvCachePrecision;
    const { type } = kvCacheNumbers[precision];
    const output = (value: Value) => graph.output(name, value, type, ["tokens", kvHeads * headDim]);
    if (precision === "float32") {
      output(rows);
      return rows;
    }
    const bounded = graph.op("Clip", [rows, graph.float(-FLOAT16_MAX), graph.float(FLOAT16_MAX)]);
    const narrowed = graph.op("Cast", [bounded], { to: type });
    output(narrowed);
    return graph.op("Cast", [narrowed], { to: DataType.FLOAT });
  }

  private mlp(layer: number, input: Value): Value {
    const { graph } = this;
    const { intermediateSize, fusedProjections, mlpBias } = this.checkpoint.config;
    const part = (name: "gate" | "up" | "gate_up") => projection(tensorNames.mlp(layer, name), mlpBias);
    const [gate, up] = fusedProjections
      ? this.split(this.weights.linears(input, [part("gate_up")])[0], intermediateSize, intermediateSize)
      : this.weights.linears(input, [part("gate"), part("up")]);
    const gated = graph.op("Mul", [this.activation(gate), up]);
    return this.linear(gated, tensorNames.mlp(layer, "down"), mlpBias);
  }

  private activation(gate: Value): Value {
    const { graph } = this;
    switch (this.checkpoint.config.activation) {
      case "silu":
        return graph.contrib("QuickGelu", [gate], { alpha: { float: 1 } });
      case "gelu_pytorch_tanh":
        return graph.contrib("FastGelu", [gate]);
    }
  }

  /** The scores of the rows whose next token is wanted. */
  private head({ residual, update }: Stream, sampleRows: Value): void {
    const { graph } = this;
    const { config } = this.checkpoint;
    const pick = (rows: Value) => graph.op("Gather", [rows, sampleRows]);
    const picked = { residual: pick(residual), update: update && pick(update) };
    const [norm] = this.addNorm(picked, tensorNames.finalNorm);
    const weight = config.tieWordEmbeddings ? tensorNames.embedding : tensorNames.head;
    const logits = this.softcapped(this.weights.linear(norm, weight), config.logitSoftcap);
    addScoreHead(graph, logits, config.vocabSize);
  }

  private softcapped(logits: Value, softcap: number | undefined): Value {
    if (softcap === undefined) return logits;
    const { graph } = this;
    const cap = graph.float(softcap);
    return graph.op("Mul", [graph.op("Tanh", [graph.op("Div", [logits, cap])]), cap]);
  }

  /** Adds the update to the residual stream and normalises it. Returns the norm and the stream. */
  private addNorm({ residual, update }: Stream, weight: string): [norm: Value, sum: Value] {
    if (!update) return [this.norm(residual, weight), residual];
    const [norm, , , sum] = this.graph.operator(
      "SkipSimplifiedLayerNormalization",
      [residual, update, this.normScale(weight)],
      {
        domain: "com.microsoft",
        attributes: { epsilon: { float: this.checkpoint.config.rmsNormEps } },
        outputs: 4,
      },
    );
    return [norm, sum];
  }

  /** Over the last dimension. */
  private norm(rows: Value, weight: string): Value {
    const epsilon = { float: this.checkpoint.config.rmsNormEps };
    return this.graph.op("SimplifiedLayerNormalization", [rows, this.normScale(weight)], {
      axis: -1,
      epsilon,
    });
  }

  private normScale(weight: string): Value {
    const stored = this.weights.vector(weight);
    if (!this.checkpoint.config.normUnitOffset) return stored;
    // Of constants, so the session adds once, when it is created.
    return this.graph.op("Add", [stored, this.graph.float(1)]);
  }

  private linear(input: Value, name: string, bias: boolean): Value {
    return this.weights.linears(input, [projection(name, bias)])[0];
  }

  private split(rows: Value, ...widths: number[]): Value[] {
    const inputs = [rows, this.graph.ints(...widths)];
    return this.graph.operator("Split", inputs, { attributes: { axis: -1 }, outputs: widths.length });
  }
}

/** A projection's tensors under transformers' names. */
function projection(name: string, bias: boolean): Projection {
  return { weight: `${name}.weight`, ...(bias && { bias: `${name}.bias` }) };
}

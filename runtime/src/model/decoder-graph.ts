import { GatheredBlockAttention } from "./attention/gathered-blocks";
import type { Checkpoint } from "./checkpoint";
import { tensorNames } from "./decoder-tensors";
import { GraphWeights } from "./graph-weights";
import { GraphBuilder, type Value } from "./onnx/graph-builder";
import { DataType } from "./onnx/model-proto";
import { ropeTables } from "./rope";

/** Names of the graph's inputs that are not attention's, and of its outputs. */
export const decoderInputs = {
  /** int32 `[tokens]`: packed, first the tokens of the decodes, then those of the prefill chunks. */
  tokenIds: "token_ids",
  /** int64 `[tokens, 1]`: each token's position in its sequence. */
  positions: "positions",
  /** int32 `[samples]`: the rows whose next token is wanted. */
  sampleRows: "sample_rows",
} as const;

export const decoderOutputs = {
  /** float `[samples, vocabulary]` */
  logits: "logits",
  /** int64 `[samples]`: the best token of each row. */
  greedyIds: "greedy_ids",
  /** float `[tokens, kvHeads * headDim]`: what the step adds to the pool of one layer. */
  newKeys: (layer: number) => `new_keys.${layer}`,
  newValues: (layer: number) => `new_values.${layer}`,
} as const;

export type DecoderGraphOptions = Readonly<{ blockSize: number; maxModelLen: number }>;

/**
 * Builds the graph of a Llama decoder with paged attention.
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
    const tokenIds = graph.input(decoderInputs.tokenIds, DataType.INT32, ["tokens"]);
    const positions = graph.input(decoderInputs.positions, DataType.INT64, ["tokens", 1]);
    const sampleRows = graph.input(decoderInputs.sampleRows, DataType.INT32, ["samples"]);
    const attention = graph.scope(
      "attention",
      () => new GatheredBlockAttention(graph, config, this.options.blockSize),
    );
    const rotate = this.rotation(positions);

    const kvShape = ["tokens", config.kvHeads * config.headDim];
    let residual = this.weights.embedding(tokenIds, tensorNames.embedding);
    let update: Value | undefined;
    const normed = (weight: string) => {
      const [norm, sum] = this.addNorm(residual, update, weight);
      residual = sum;
      return norm;
    };
    for (let layer = 0; layer < config.layers; layer++)
      graph.scope(`layers.${layer}`, () => {
        const input = normed(tensorNames.inputNorm(layer));
        const part = (name: "q" | "k" | "v") =>
          this.linear(input, tensorNames.attention(layer, name), config.attentionBias);
        const query = rotate(part("q"), config.heads);
        const key = rotate(part("k"), config.kvHeads);
        const value = part("v");
        graph.output(decoderOutputs.newKeys(layer), key, DataType.FLOAT, kvShape);
        graph.output(decoderOutputs.newValues(layer), value, DataType.FLOAT, kvShape);
        const context = graph.scope("attention", () => attention.layer(layer, { query, key, value }));
        update = this.linear(context, tensorNames.attention(layer, "o"), config.attentionBias);
        update = this.mlp(layer, normed(tensorNames.postAttentionNorm(layer)));
      });

    const pick = (rows: Value) => graph.op("Gather", [rows, sampleRows]);
    residual = pick(residual);
    update = update && pick(update);
    const head = config.tieWordEmbeddings ? tensorNames.embedding : tensorNames.head;
    const logits = this.weights.linear(normed(tensorNames.finalNorm), head);
    graph.output(decoderOutputs.logits, logits, DataType.FLOAT, ["samples", config.vocabSize]);
    const best = graph.op("ArgMax", [logits], { axis: -1, keepdims: 0 });
    graph.output(decoderOutputs.greedyIds, best, DataType.INT64, ["samples"]);
    return graph.encode();
  }

  /** Adds `update` to the residual stream and normalises it. Returns the norm and the stream. */
  private addNorm(residual: Value, update: Value | undefined, weight: string): [norm: Value, sum: Value] {
    const epsilon = { float: this.checkpoint.config.rmsNormEps };
    const scale = this.weights.vector(weight);
    if (!update) {
      const norm = this.graph.op("SimplifiedLayerNormalization", [residual, scale], { axis: -1, epsilon });
      return [norm, residual];
    }
    const [norm, , , sum] = this.graph.operator(
      "SkipSimplifiedLayerNormalization",
      [residual, update, scale],
      {
        domain: "com.microsoft",
        attributes: { epsilon },
        outputs: 4,
      },
    );
    return [norm, sum];
  }

  private mlp(layer: number, input: Value): Value {
    const { graph } = this;
    const { mlpBias } = this.checkpoint.config;
    const gate = graph.contrib("QuickGelu", [this.linear(input, tensorNames.mlp(layer, "gate"), mlpBias)], {
      alpha: { float: 1 },
    });
    const up = this.linear(input, tensorNames.mlp(layer, "up"), mlpBias);
    return this.linear(graph.op("Mul", [gate, up]), tensorNames.mlp(layer, "down"), mlpBias);
  }

  private linear(input: Value, name: string, bias: boolean): Value {
    return this.weights.linear(input, `${name}.weight`, bias ? `${name}.bias` : undefined);
  }

  private rotation(positions: Value): (rows: Value, heads: number) => Value {
    const { graph } = this;
    const { rope, headDim } = this.checkpoint.config;
    const { maxModelLen } = this.options;
    const tables = ropeTables(rope, headDim, maxModelLen);
    const table = (name: "cos" | "sin") =>
      graph.tensor(
        `rope.${name}`,
        DataType.FLOAT,
        [maxModelLen, headDim / 2],
        new Uint8Array(tables[name].buffer),
      );
    const [cos, sin] = [table("cos"), table("sin")];
    return (rows, heads) => {
      const width = heads * headDim;
      // Each packed token as a sequence of its own: the operator refuses one that is longer than the tables.
      const batch = graph.reshape(rows, -1, 1, width);
      const rotated = graph.contrib("RotaryEmbedding", [batch, positions, cos, sin], { num_heads: heads });
      return graph.reshape(rotated, -1, width);
    };
  }
}

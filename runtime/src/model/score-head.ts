import { TOP_TOKENS } from "../sampling/token-scores";
import type { GraphBuilder, Value } from "./onnx/graph-builder";
import { DataType } from "./onnx/model-proto";

/** Names of the graph inputs that say how much of which row's scores is wanted. Rows are those of the logits. */
export const scoreInputs = {
  /** int32 `[tops]`: the rows whose best few tokens are wanted. */
  topRows: "top_rows",
  /** float `[tops, 1]`: the temperature of each, above 0. */
  temperatures: "temperatures",
  /** int32 `[fulls]`: the rows of which all logits are wanted. */
  fullRows: "full_rows",
} as const;

/** Names of the graph outputs; a step fetches those it needs. */
export const scoreOutputs = {
  /** int64 `[samples]`: the best token of each row. */
  bestIds: "best_ids",
  /** float `[samples]`: its logit. */
  bestLogits: "best_logits",
  /**
   * float `[tops, 2 * few + 2]`: the logits of the best few tokens from the best one down, their ids, and the best
   * one's probability, without a temperature and at the row's own.
   */
  topScores: "top_scores",
  /** float `[fulls, vocabulary]` */
  logits: "logits",
} as const;

/**
 * Reduces logits to what sampling needs, since every output is copied: the logits of 32 sequences over 150,000 tokens
 * are 19 MB a step. ReduceLogSumExp takes ten times as long as Softmax, so the mass comes out as the best token's
 * share: ln of the sum of e^logit is the best logit less the logarithm of its share.
 *
 * @param logits `[samples, vocabulary]`
 */
export function addScoreHead(graph: GraphBuilder, logits: Value, vocabSize: number): void {
  const few = Math.min(TOP_TOKENS, vocabSize);
  const topRows = graph.input(scoreInputs.topRows, DataType.INT32, ["tops"]);
  const temperatures = graph.input(scoreInputs.temperatures, DataType.FLOAT, ["tops", 1]);
  const fullRows = graph.input(scoreInputs.fullRows, DataType.INT32, ["fulls"]);

  const best = graph.op("ArgMax", [logits], { axis: -1, keepdims: 1 });
  graph.output(scoreOutputs.bestIds, graph.reshape(best, -1), DataType.INT64, ["samples"]);
  const bestLogits = graph.op("GatherElements", [logits, best], { axis: -1 });
  graph.output(scoreOutputs.bestLogits, graph.reshape(bestLogits, -1), DataType.FLOAT, ["samples"]);

  const shape = ["tops", 2 * few + 2];
  // Where none is wanted that is a branch of its own: TopK takes no empty tensor.
  const topScores = graph.when(
    graph.op("Greater", [graph.op("Shape", [topRows]), graph.ints(0)]),
    () => {
      const rows = graph.op("Gather", [logits, topRows]);
      const [topLogits, topIds] = graph.operator("TopK", [rows, graph.ints(few)], {
        attributes: { axis: -1, largest: 1, sorted: 1 },
        outputs: 2,
      });
      const bestShare = (values: Value) =>
        graph.op("ReduceMax", [graph.op("Softmax", [values], { axis: -1 }), graph.ints(-1)]);
      // As floats ids are exact up to 2 ** 24, more than any vocabulary holds.
      const ids = graph.op("Cast", [topIds], { to: DataType.FLOAT });
      const shares = [bestShare(rows), bestShare(graph.op("Div", [rows, temperatures]))];
      return graph.op("Concat", [topLogits, ids, ...shares], { axis: -1 });
    },
    () =>
      graph.op("Identity", [
        graph.tensor("no_top_scores", DataType.FLOAT, [0, 2 * few + 2], new Uint8Array()),
      ]),
    shape,
  );
  graph.output(scoreOutputs.topScores, topScores, DataType.FLOAT, shape);

  graph.output(scoreOutputs.logits, graph.op("Gather", [logits, fullRows]), DataType.FLOAT, [
    "fulls",
    vocabSize,
  ]);
}

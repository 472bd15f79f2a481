import { InferenceSession, Tensor } from "onnxruntime-node";
import { GraphBuilder } from "../onnx/graph-builder";
import { DataType } from "../onnx/model-proto";

/**
 * The session's setting that makes int8 weights unsigned ones when it is created: on x86 their kernels are slower, and
 * exact everywhere.
 */
export const unsignedWeights = { x64quantprecision: "1" };

/** A multiple of what kernels add up at a time. */
const LENGTH = 64;
const INPUT = 255;
const WEIGHT = 127;

/**
 * Whether this processor adds up products of unsigned inputs and signed weights exactly. x86 without VNNI adds two of
 * them in 16 bits, where the largest do not fit. Tried out, since which kernel runs is onnxruntime's choice.
 */
export async function addsSignedProductsExactly(): Promise<boolean> {
  const graph = new GraphBuilder("products");
  const input = graph.input("input", DataType.UINT8, [1, LENGTH]);
  const weights = graph.tensor(
    "weights",
    DataType.INT8,
    [LENGTH, LENGTH],
    new Uint8Array(LENGTH * LENGTH).fill(WEIGHT),
  );
  graph.output("sums", graph.op("MatMulInteger", [input, weights]), DataType.INT32, [1, LENGTH]);
  const session = await InferenceSession.create(graph.encode(), { intraOpNumThreads: 1 });
  try {
    const codes = new Uint8Array(LENGTH).fill(INPUT);
    const { sums } = await session.run({ input: new Tensor("uint8", codes, [1, LENGTH]) });
    return (sums.data as Int32Array).every((sum) => sum === LENGTH * INPUT * WEIGHT);
  } finally {
    await session.release();
  }
}

/** @jest-environment <rootDir>/test/support/native-arrays-environment.ts */
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { convertCheckpoint } from "../../../runtime/src/artifacts/convert";
import { noProgress } from "../../../runtime/src/artifacts/progress";
import { type Checkpoint, openCheckpoint } from "../../../runtime/src/model/checkpoint";
import { GraphWeights } from "../../../runtime/src/model/graph-weights";
import type { WeightPrecision } from "../../../runtime/src/model/manifest";
import { ModelRunner } from "../../../runtime/src/model/model-runner";
import { GraphBuilder } from "../../../runtime/src/model/onnx/graph-builder";
import { DataType } from "../../../runtime/src/model/onnx/model-proto";
import {
  addsSignedProductsExactly,
  unsignedWeights,
} from "../../../runtime/src/model/quantization/int8-products";
import { dequantize, quantizedForm } from "../../../runtime/src/model/quantization/stored-weights";
import { withTensorBytes } from "../../../runtime/src/model/tensor-bytes";
import { bard } from "../../support/checkpoints";
import { complete, roomySettings, startEngine } from "../../support/in-process-engine";
import { naiveLogits } from "../../support/naive-decoder";
import { randomCheckpoint } from "../../support/quantized-checkpoint";
import { lastLogits, logitsOf, stepOf } from "../../support/scores";
import { greedy } from "../../support/sequences";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

afterEach(removeTemporaryDirectories);

async function artifactOf(source: string, weights: WeightPrecision): Promise<string> {
  const out = join(temporaryDirectory(), "artifact");
  await convertCheckpoint(source, out, { weights, progress: noProgress });
  return out;
}

/** The weights that a checkpoint stands for, as plain numbers. */
function weightsOf({ tensors, weightsDirectory }: Checkpoint): Record<string, number[]> {
  return withTensorBytes(weightsDirectory, (bytes) =>
    Object.fromEntries(
      [...tensors].map(([name, tensor]) => {
        const form = quantizedForm(tensor);
        const values =
          form && tensor.scales
            ? dequantize(bytes.read(tensor), bytes.floats(tensor.scales), form)
            : bytes.floats(tensor);
        return [name, [...values]];
      }),
    ),
  );
}

const prompt = [3, 1, 4, 15, 9, 26, 5, 31];
const blocks = [1, 2];

async function logitsOfPrompt(checkpoint: Checkpoint): Promise<Float32Array> {
  const runner = await ModelRunner.create(checkpoint, {
    blockSize: 4,
    blocks: 3,
    maxModelLen: 16,
    threads: 1,
    kvCachePrecision: "float32",
  });
  const [logits] = logitsOf(
    await runner.run(stepOf([{ ...lastLogits, tokenIds: prompt, start: 0, blocks }])),
  );
  await runner.release();
  return logits;
}

/**
 * An input is rounded to int8, in blocks of 32 or row by row: by at most 1/254 of the largest value, 0.4%. What that adds
 * up to over two layers, as a share of the logits' root mean square.
 */
const ACTIVATION_LOSS = 0.03;

describe.each([
  ["int8", { attention_bias: true, mlp_bias: true }],
  ["int8", { tie_word_embeddings: false }],
  ["w8a8", { attention_bias: true, mlp_bias: true }],
  ["w8a8", { tie_word_embeddings: false, intermediate_size: 44 }],
  ["int4", { attention_bias: true }],
  ["int4", { tie_word_embeddings: false, num_attention_heads: 4 }],
  // A row of 48 is no whole number of blocks: down_proj stays float32.
  ["int4", { intermediate_size: 48 }],
] as const)("%s weights of a Llama with %j", (weights, settings) => {
  test("give the logits of plain loops over the weights that they stand for", async () => {
    const { directory } = randomCheckpoint(settings);
    const artifact = openCheckpoint(await artifactOf(directory, weights));
    const expected = naiveLogits(artifact.config, weightsOf(artifact), prompt);
    const logits = await logitsOfPrompt(artifact);
    const rms = (values: readonly number[]) =>
      Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    const loss = rms(expected.map((value, at) => value - logits[at])) / rms(expected);
    expect(loss).toBeLessThan(ACTIVATION_LOSS);
    expect(loss).toBeGreaterThan(0);
  });
});

/** What a stored matrix makes of rows. */
async function product(
  checkpoint: Checkpoint,
  weight: string,
  rows: readonly Float32Array[],
  settings: Readonly<Record<string, string>> = {},
) {
  const [out, width] = checkpoint.tensors.get(weight)?.shape ?? [];
  const graph = new GraphBuilder("product");
  const input = graph.input("rows", DataType.FLOAT, ["rows", width]);
  const product = new GraphWeights(graph, checkpoint).linear(input, weight);
  graph.output("product", product, DataType.FLOAT, ["rows", out]);
  const session = await InferenceSession.create(graph.encode(), {
    extra: {
      session: { model_external_initializers_file_folder_path: checkpoint.weightsDirectory, ...settings },
    },
  });
  const together = Float32Array.from(rows.flatMap((row) => [...row]));
  const results = await session.run({ rows: new Tensor("float32", together, [rows.length, width]) });
  const data = results.product.data as Float32Array;
  await session.release();
  return rows.map((_, at) => data.slice(at * out, (at + 1) * out));
}

test("w8a8 weights make the same bits of a row whatever rows are computed with it", async () => {
  const artifact = openCheckpoint(
    await artifactOf(randomCheckpoint({ intermediate_size: 600 }).directory, "w8a8"),
  );
  const weight = "model.layers.0.mlp.down_proj.weight";
  const width = artifact.tensors.get(weight)?.shape[1] ?? 0;
  // Of magnitudes from 0 to 1e6, so that a scale which they shared would show.
  const rows = [0, 1e-6, 0.3, 1, 7, 1e3, 1e6, 2, 1e-3, 0.5, 3, 11].map((magnitude, row) =>
    Float32Array.from({ length: width }, (_, at) => magnitude * Math.sin(at * (row + 1) + row)),
  );
  const together = await product(artifact, weight, rows);
  for (const [at, row] of rows.entries()) {
    const [alone] = await product(artifact, weight, [row]);
    expect(together[at]).toEqual(alone);
    expect([...alone].some((value) => value !== 0)).toBe(at > 0);
  }
  expect((await product(artifact, weight, [...rows].reverse())).reverse()).toEqual(together);
});

test("w8a8 weights give the same bits where a processor has to take them for unsigned ones", async () => {
  const artifact = openCheckpoint(
    await artifactOf(randomCheckpoint({ intermediate_size: 600 }).directory, "w8a8"),
  );
  const weight = "model.layers.0.mlp.down_proj.weight";
  const width = artifact.tensors.get(weight)?.shape[1] ?? 0;
  // All at the ends of the codes, where sums in 16 bits would be too small.
  const rows = [1, -1].map((value) => new Float32Array(width).fill(value));
  const unsigned = await product(artifact, weight, rows, unsignedWeights);
  if (await addsSignedProductsExactly()) expect(await product(artifact, weight, rows)).toEqual(unsigned);
  const [row] = unsigned;
  const expected = weightsOf(artifact)[weight].reduce<number[]>((sums, value, at) => {
    sums[Math.floor(at / width)] = (sums[Math.floor(at / width)] ?? 0) + value;
    return sums;
  }, []);
  expect(Math.max(...expected.map((sum, at) => Math.abs(sum - row[at])))).toBeLessThan(1e-5);
});

test.each(["fp32", "fp16"] as const)(
  "%s weights give the logits of plain loops within rounding",
  async (weights) => {
    const { directory } = randomCheckpoint({ attention_bias: true });
    const artifact = openCheckpoint(await artifactOf(directory, weights));
    const expected = naiveLogits(artifact.config, weightsOf(artifact), prompt);
    const logits = await logitsOfPrompt(artifact);
    expect(Math.max(...expected.map((value, at) => Math.abs(value - logits[at])))).toBeLessThan(2e-4);
  },
);

test.each(["int8", "w8a8"] as const)(
  "projections of %s that lie side by side are one multiplication, and the same one in parts",
  async (weights) => {
    const { directory } = randomCheckpoint({ attention_bias: true });
    const together = openCheckpoint(await artifactOf(directory, weights));
    const apart: Checkpoint = { ...together, ...movedApart(together) };
    expect(await logitsOfPrompt(apart)).toEqual(await logitsOfPrompt(together));
  },
);

/** The same tensors in a file where none lies beside the next one. */
function movedApart({ tensors, weightsDirectory }: Checkpoint) {
  const directory = temporaryDirectory();
  const parts: Uint8Array[] = [];
  let end = 0;
  const move = (bytes: Uint8Array) => {
    parts.push(bytes, new Uint8Array(64));
    const offset = end;
    end += bytes.length + 64;
    return { file: "weights.bin", offset };
  };
  const moved = withTensorBytes(weightsDirectory, (bytes) =>
    [...tensors].map(([name, tensor]): [string, typeof tensor] => [
      name,
      {
        ...tensor,
        ...move(bytes.read(tensor)),
        ...(tensor.scales && { scales: { ...tensor.scales, ...move(bytes.read(tensor.scales)) } }),
      },
    ]),
  );
  writeFileSync(join(directory, "weights.bin"), Buffer.concat(parts));
  return { weightsDirectory: directory, tensors: new Map(moved) };
}

describe.each(["int8", "w8a8", "int4", "fp32", "fp16"] as const)(
  "a model of %s weights whose file is cut off under it",
  (weights) => {
    test("goes on as before: no page of it is read again", async () => {
      const directory = await artifactOf(bard.directory, weights);
      const { runner } = await startEngine(directory, roomySettings);
      const [{ prompt: tokenIds }] = bard.cases.slice(-1);
      const whole = Array.from({ length: 16 }, (_, index) => index + 1);
      const chunk = stepOf([{ ...lastLogits, tokenIds, start: 0, blocks: whole }]);
      const decode = stepOf([{ ...lastLogits, tokenIds: [7], start: tokenIds.length, blocks: whole }]);
      const run = async () => [...logitsOf(await runner.run(chunk)), ...logitsOf(await runner.run(decode))];
      const before = await run();
      truncateSync(join(directory, "model.safetensors"), 100);
      expect(await run()).toEqual(before);
    });
  },
);

test("int8 weights of bard take the reference's greedy paths, but for one of five", async () => {
  const { engine } = await startEngine(await artifactOf(bard.directory, "int8"), roomySettings);
  const requests = bard.cases.map((each) => ({
    prompt: each.prompt,
    params: { ...greedy, maxTokens: each.greedy.length },
  }));
  const { outputs } = await complete(engine, requests);
  const same = outputs.filter((tokens, at) => `${tokens}` === `${bard.cases[at].greedy}`);
  expect(same.length).toBeGreaterThanOrEqual(4);
});

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { checkpointConfigFrom } from "../../../constructs";
import { kvBytesPerToken } from "../../../constructs/sizing/kv-cache";
import { parameterCount, readModelShape } from "../../../constructs/sizing/model-shape";
import { artifactStorage, weightBytes } from "../../../constructs/sizing/weight-storage";
import { layoutOf, planWeights } from "../../../runtime/src/artifacts/weight-plan";
import { weightPrecisions } from "../../../runtime/src/config";
import { blockBytes } from "../../../runtime/src/model/block-bytes";
import { openCheckpoint } from "../../../runtime/src/model/checkpoint";

const fixtures = "test/fixtures/checkpoints";

const checkpoints = [
  "models/bard",
  ...readdirSync(fixtures)
    .filter((name) => name !== "bard")
    .map((name) => join(fixtures, name)),
].map((directory) => [directory, openCheckpoint(directory)] as const);

function shapeOf(directory: string) {
  const { shape, findings } = readModelShape("config", checkpointConfigFrom(join(directory, "config.json")));
  if (shape === undefined) throw new Error(JSON.stringify(findings));
  return shape;
}

describe("what a checkpoint's config.json says of its memory", () => {
  test.each(checkpoints)("is what its files hold: the parameters of %s", (directory, { tensors }) => {
    const held = [...tensors.values()].reduce(
      (sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1),
      0,
    );
    expect(parameterCount(shapeOf(directory))).toBe(held);
  });

  test.each(
    checkpoints.flatMap(([directory, checkpoint]) =>
      weightPrecisions.map((precision) => [directory, precision, checkpoint] as const),
    ),
  )("is what the runtime converts them to: %s in %s", (directory, precision, checkpoint) => {
    const layouts = planWeights(checkpoint, precision).map(layoutOf);
    const written = layouts.reduce(
      (sum, { weights, scales }) => sum + weights.bytes + (scales?.bytes ?? 0),
      0,
    );
    const { matrices, vectors } = weightBytes(shapeOf(directory), artifactStorage[precision]);
    expect(matrices + vectors).toBe(written);
  });

  test.each(checkpoints)("is what the runtime's KV cache takes of them: %s", (directory, { config }) => {
    const layout = { blockSize: 16, slidingWindows: "whole", perReplica: 1 } as const;
    const shape = shapeOf(directory);
    expect(16 * kvBytesPerToken(shape, { ...layout, precision: "fp32" })).toBe(
      blockBytes(config, 16, "float32"),
    );
    expect(16 * kvBytesPerToken(shape, { ...layout, precision: "fp16" })).toBe(
      blockBytes(config, 16, "float16"),
    );
  });
});

describe("a matrix whose rows are no whole blocks", () => {
  const shape = { ...shapeOf("models/bard"), tied: true };
  const embedding = { role: "embedding", count: 1, rows: 1_000, columns: 48 } as const;
  const matrix = { role: "matrix", count: 3, rows: 64, columns: 33 } as const;

  test("stays float32 where blocks are of 32, and a tied one is then not stored twice", () => {
    const ragged = { ...shape, tensors: [embedding, matrix] };
    expect(weightBytes(ragged, artifactStorage.int8).matrices).toBe(4 * (48_000 + 3 * 64 * 33));
    expect(weightBytes(ragged, artifactStorage.w8a8).matrices).toBe(48_000 + 4_000 + 3 * (64 * 33 + 4 * 64));
  });

  test("is quantised where they are whole ones, and a tied one is stored a second time", () => {
    const whole = { ...shape, tensors: [{ ...embedding, columns: 64 }] };
    expect(weightBytes(whole, artifactStorage.int8).matrices).toBe(2 * (64_000 + 4 * 2_000));
    expect(weightBytes(whole, artifactStorage.int4).matrices).toBe(64_000 + 8_000 + 32_000 + 8_000);
  });
});

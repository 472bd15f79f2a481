import { join } from "node:path";
import { convertCheckpoint } from "../../../runtime/src/artifacts/convert";
import { noProgress } from "../../../runtime/src/artifacts/progress";
import { openCheckpoint } from "../../../runtime/src/model/checkpoint";
import { arithmeticOf, stepWeights } from "../../../runtime/src/model/step-weights";
import { bard } from "../../support/checkpoints";
import { randomCheckpoint } from "../../support/quantized-checkpoint";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

afterEach(removeTemporaryDirectories);

/** Numbers of matrices' and of vectors' weights and of matrices' rows, an untied embedding aside. */
function sizes({ directory }: ReturnType<typeof randomCheckpoint>, isTied: boolean) {
  const read = [...openCheckpoint(directory).tensors].filter(
    ([name]) => isTied || name !== "model.embed_tokens.weight",
  );
  const shapes = read.map(([, { shape }]) => shape);
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  const matrices = shapes.filter(({ length }) => length === 2);
  return {
    matrices: sum(matrices.map(([rows, width]) => rows * width)),
    vectors: sum(shapes.filter(({ length }) => length === 1).flat()),
    rows: sum(matrices.map(([rows]) => rows)),
  };
}

describe.each([true, false])("the weights that a step reads, where embeddings are tied: %p", (isTied) => {
  const made = () => randomCheckpoint({ tie_word_embeddings: isTied });

  test("are four bytes each where they are floats", () => {
    const checkpoint = made();
    const { matrices, vectors } = sizes(checkpoint, isTied);
    expect(stepWeights(openCheckpoint(checkpoint.directory))).toEqual({
      precision: "fp32",
      bytes: 4 * (matrices + vectors),
    });
  });

  test.each([
    ["int8", 1.25, 0],
    ["int4", 0.75, 0],
    ["w8a8", 1, 8],
  ] as const)(
    "are what kernels pack of %s, converted now or before",
    async (weights, bytesEach, bytesARow) => {
      const checkpoint = made();
      const { matrices, vectors, rows } = sizes(checkpoint, isTied);
      const bytes = bytesEach * matrices + bytesARow * rows + 4 * vectors;
      const expected = { precision: weights, bytes };
      expect(stepWeights(openCheckpoint(checkpoint.directory), weights)).toEqual(expected);

      const out = join(temporaryDirectory(), "artifact");
      await convertCheckpoint(checkpoint.directory, out, { weights, progress: noProgress });
      expect(stepWeights(openCheckpoint(out))).toEqual(expected);
      expect(openCheckpoint(out).parameters).toBe(openCheckpoint(checkpoint.directory).parameters);
    },
  );
});

test("weights in 16 bits are widened", () => {
  const checkpoint = openCheckpoint(bard.directory);
  const weights = stepWeights(checkpoint);
  expect(weights).toEqual({ precision: "bf16", bytes: 4 * checkpoint.parameters });
  expect(arithmeticOf(weights)).toBe("computed in float32");
});

import { join } from "node:path";
import { convertCheckpoint } from "../../../runtime/src/artifacts/convert";
import { noProgress } from "../../../runtime/src/artifacts/progress";
import { openCheckpoint } from "../../../runtime/src/model/checkpoint";
import { tensorNames } from "../../../runtime/src/model/decoder-tensors";
import { EmbeddingTable } from "../../../runtime/src/model/embedding-table";
import { blockConfig, randomCheckpoint } from "../../support/quantized-checkpoint";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

afterEach(removeTemporaryDirectories);

const width = blockConfig.hidden_size;

test.each([
  ["fp32", 0],
  ["fp16", 0.0003],
  ["int8", 0.003],
  ["w8a8", 0.003],
] as const)(
  "rows of a table stored as %s are those of the weights, within %d",
  async (weights, tolerance) => {
    const source = randomCheckpoint();
    const out = join(temporaryDirectory(), "artifact");
    await convertCheckpoint(source.directory, out, { weights, progress: noProgress });
    const table = EmbeddingTable.read(openCheckpoint(out), tensorNames.embedding);
    const tokenIds = [31, 0, 7, 7];
    const rows = table.rows(tokenIds);
    expect(rows).toHaveLength(tokenIds.length * width);
    const expected = tokenIds.flatMap((id) =>
      source.weights[tensorNames.embedding].slice(id * width, (id + 1) * width),
    );
    expect(Math.max(...expected.map((value, at) => Math.abs(value - rows[at])))).toBeLessThanOrEqual(
      tolerance,
    );
  },
);

test.each([-1, 32, 1.5e9, Number.NaN])("a token %d that is not of the vocabulary is refused", (tokenId) => {
  const table = EmbeddingTable.read(openCheckpoint(randomCheckpoint().directory), tensorNames.embedding);
  expect(() => table.rows([1, tokenId])).toThrow(
    new RangeError(`the embedding table has 32 tokens, got token ${tokenId}`),
  );
});

/** @jest-environment <rootDir>/test/support/native-arrays-environment.ts */
import { join } from "node:path";
import { writeCheckpoint } from "../../../bench/model/checkpoint-writer";
import { followingToken, type LlamaShape, randomLlama } from "../../../bench/model/random-llama";
import { openCheckpoint } from "../../../runtime/src/model/checkpoint";
import { complete, roomySettings, startEngine } from "../../support/in-process-engine";
import { greedy } from "../../support/sequences";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

const SHAPE: LlamaShape = {
  hiddenSize: 64,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  intermediateSize: 96,
  vocabSize: 50,
  maxPositions: 128,
};

afterEach(removeTemporaryDirectories);

describe("a checkpoint of random weights", () => {
  test("is one that the runtime serves", () => {
    const directory = join(temporaryDirectory(), "model");
    writeCheckpoint(directory, SHAPE, randomLlama(SHAPE));
    const { config } = openCheckpoint(directory);
    expect(config).toMatchObject({ layers: 2, heads: 4, kvHeads: 2, vocabSize: 50, maxPositions: 128 });
  });

  test("recites its passages where it is made to, the last and shorter one too", async () => {
    const directory = join(temporaryDirectory(), "model");
    writeCheckpoint(directory, SHAPE, randomLlama(SHAPE, { passageTokens: 8 }));
    const { engine } = await startEngine(directory, roomySettings);
    const params = { ...greedy, maxTokens: 10 };
    const { outputs } = await complete(engine, [
      { prompt: [17, 30, 4], params },
      { prompt: [9, 49], params },
    ]);
    expect(outputs).toEqual([
      [5, 6, 7, 0, 1, 2, 3, 4, 5, 6],
      [48, 49, 48, 49, 48, 49, 48, 49, 48, 49],
    ]);
    expect(followingToken(49, SHAPE.vocabSize, 8)).toBe(48);
  });
});

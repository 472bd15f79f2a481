/** @jest-environment <rootDir>/test/support/native-arrays-environment.ts */
import { join } from "node:path";
import type { BatchEntry } from "../../../runtime/src/model/step-batch";
import { bard, familyCheckpoints, type GoldenCheckpoint, llama } from "../../support/checkpoints";
import { complete, type EngineSettings, roomySettings, startEngine } from "../../support/in-process-engine";
import { randomCheckpoint } from "../../support/quantized-checkpoint";
import { readSafetensors, writeSafetensors } from "../../support/safetensors";
import { lastLogits, logitsOf, stepOf } from "../../support/scores";
import { greedy as greedyParams } from "../../support/sequences";
import { removeTemporaryDirectories } from "../../support/temporary-directory";

afterEach(removeTemporaryDirectories);

const halfSettings: EngineSettings = { ...roomySettings, kvCachePrecision: "float16" };

/** Absolute, per logit. The largest difference measured is 1.8e-3; 11 significant bits round by up to 5e-4 of a number. */
const LOGIT_TOLERANCE = 4e-3;
/** Between ways to the same logits: a key may fall on the other side of what two float16 have between them. */
const ORDER_TOLERANCE = 3e-4;
const MIXED_BATCH = 16;

describe.each([bard, ...familyCheckpoints])("the checkpoint $name with a cache in float16", (golden) => {
  test("gives the reference's logits but for the rounding, also of prompts that come in chunks", async () => {
    const { runner } = await startEngine(golden.directory, halfSettings);
    for (const { prompt, last_logits } of golden.cases) {
      const [whole] = await lastOf(runner, [prompt], tableFrom(1));
      const [chunked] = await lastOf(runner, chunksOf(prompt, 7), tableFrom(40));
      expect(largestDifference(whole, last_logits)).toBeLessThan(LOGIT_TOLERANCE);
      expect(largestDifference(whole, last_logits)).toBeGreaterThan(1e-4);
      expect(largestDifference(whole, chunked)).toBeLessThan(ORDER_TOLERANCE);
    }
  });

  test("takes the greedy paths that are no closer calls, with small blocks, chunked prompts and preemption", async () => {
    const { engine, pool } = await startEngine(golden.directory, {
      blockSize: 4,
      blocks: 64,
      kvCachePrecision: "float16",
      limits: { maxSequences: MIXED_BATCH, maxBatchedTokens: 24, prefillChunkTokens: 7 },
    });
    const each = clearRequestsOf(golden);
    const requests = Array.from({ length: MIXED_BATCH }, (_, index) => each[index % each.length]);
    const { outputs, preemptions } = await complete(engine, requests);
    expect(outputs).toEqual(requests.map(({ greedy }) => greedy));
    if (requests.some(({ prompt }) => prompt.length > 20)) expect(preemptions).toBeGreaterThan(0);
    expect(pool.usedBlocks).toBe(0);
  });
});

test("a copied block of float16 continues like the one that it was copied from", async () => {
  const { runner } = await startEngine(llama.directory, halfSettings);
  const prompt = llama.cases[2].prompt;
  await lastOf(runner, [prompt], [1, 2]);
  const next = (blocks: number[]): BatchEntry => ({
    ...lastLogits,
    tokenIds: [7],
    start: prompt.length,
    blocks,
  });
  const [original] = logitsOf(await runner.run(stepOf([next([1, 2])])));
  const copies = [{ from: 2, to: 9 }];
  const [copied] = logitsOf(await runner.run({ ...stepOf([next([1, 9])]), copies }));
  expect([...copied]).toEqual([...original]);
});

test.each(["k_proj", "v_proj"])(
  "what %s makes beyond float16's range is stored as its largest number",
  async (projection) => {
    const { directory, weights } = randomCheckpoint();
    const file = join(directory, "model.safetensors");
    const tensors = readSafetensors(file);
    for (const [name, tensor] of tensors)
      if (name.includes(projection)) {
        const large = Float32Array.from(weights[name], (weight) => weight * 1e6);
        tensors.set(name, { ...tensor, data: new Uint8Array(large.buffer) });
      }
    writeSafetensors(file, Object.fromEntries(tensors));
    const { runner } = await startEngine(directory, halfSettings);
    const [logits] = await lastOf(runner, [[3, 1, 4, 15], [9]], [1]);
    expect([...logits].every(Number.isFinite)).toBe(true);
  },
);

type Runner = Awaited<ReturnType<typeof startEngine>>["runner"];

/** The logits after the last of chunks that are computed one step each. */
async function lastOf(
  runner: Runner,
  chunks: readonly (readonly number[])[],
  blocks: readonly number[],
): Promise<Float32Array[]> {
  let start = 0;
  let logits: Float32Array[] = [];
  for (const tokenIds of chunks) {
    logits = logitsOf(await runner.run(stepOf([{ ...lastLogits, tokenIds, start, blocks }])));
    start += tokenIds.length;
  }
  return logits;
}

function chunksOf(prompt: readonly number[], length: number): number[][] {
  return Array.from({ length: Math.ceil(prompt.length / length) }, (_, index) =>
    prompt.slice(index * length, (index + 1) * length),
  );
}

function tableFrom(first: number): number[] {
  return Array.from({ length: 32 }, (_, index) => first + index);
}

/** Those whose best token leads by more than two logits can be off together. */
function clearRequestsOf({ cases }: GoldenCheckpoint) {
  const clear = cases.filter(({ min_margin }) => min_margin > 2 * LOGIT_TOLERANCE);
  expect(clear).not.toEqual([]);
  return clear.map(({ prompt, greedy }) => ({
    prompt,
    greedy,
    params: { ...greedyParams, maxTokens: greedy.length },
  }));
}

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return Math.max(...Array.from(expected, (value, index) => Math.abs(value - actual[index])));
}

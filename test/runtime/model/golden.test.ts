/** @jest-environment <rootDir>/test/support/native-arrays-environment.ts */
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bard, familyCheckpoints, type GoldenCheckpoint, llama } from "../../support/checkpoints";
import { complete, roomySettings, startEngine } from "../../support/in-process-engine";
import { readSafetensors, writeSafetensors } from "../../support/safetensors";
import { lastLogits, logitsOf, stepOf } from "../../support/scores";
import { greedy as greedyParams } from "../../support/sequences";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

afterEach(removeTemporaryDirectories);

/** Absolute, per logit. The promise is 1e-3, the largest difference measured is 1e-5. */
const LOGIT_TOLERANCE = 1e-4;
const MIXED_BATCH = 16;

describe.each([bard, ...familyCheckpoints])(
  "the checkpoint $name against the reference implementation",
  (golden) => {
    test("gives its logits for the last position of every prompt", async () => {
      const { runner } = await startEngine(golden.directory, roomySettings);
      for (const { prompt, last_logits } of golden.cases) {
        const blocks = Array.from(
          { length: Math.ceil(prompt.length / roomySettings.blockSize) },
          (_, i) => i + 1,
        );
        const entry = { tokenIds: prompt, start: 0, blocks, ...lastLogits };
        const [logits] = logitsOf(await runner.run(stepOf([entry])));
        expect(largestDifference(logits, last_logits)).toBeLessThan(LOGIT_TOLERANCE);
      }
    });

    test("takes its greedy paths, one prompt at a time", async () => {
      const { engine } = await startEngine(golden.directory, roomySettings);
      for (const request of requestsOf(golden)) {
        const { outputs } = await complete(engine, [request]);
        expect(outputs).toEqual([request.greedy]);
      }
    });

    test("takes the same paths in one batch with small blocks, chunked prompts and preemption", async () => {
      const { engine, pool } = await startEngine(golden.directory, {
        blockSize: 4,
        blocks: 64,
        limits: { maxSequences: MIXED_BATCH, maxBatchedTokens: 24, prefillChunkTokens: 7 },
      });
      const each = requestsOf(golden);
      const requests = Array.from({ length: MIXED_BATCH }, (_, index) => each[index % each.length]);
      const { outputs, preemptions, peakTokens } = await complete(engine, requests);
      expect(outputs).toEqual(requests.map(({ greedy }) => greedy));
      expect(preemptions).toBeGreaterThan(0);
      expect(peakTokens).toBeLessThanOrEqual(24);
      expect(pool.usedBlocks).toBe(0);
    });
  },
);

test("a checkpoint in the hub's cache, whose files are links to elsewhere, is served like any other", async () => {
  const cache = temporaryDirectory();
  const [blobs, snapshot] = [join(cache, "blobs"), join(cache, "snapshots", "main")];
  mkdirSync(blobs);
  mkdirSync(snapshot, { recursive: true });
  for (const [index, file] of ["config.json", "model.safetensors"].entries()) {
    copyFileSync(join(llama.directory, file), join(blobs, `blob${index}`));
    symlinkSync(join("..", "..", "blobs", `blob${index}`), join(snapshot, file));
  }
  const { engine } = await startEngine(snapshot, roomySettings);
  const [request] = requestsOf(llama);
  expect((await complete(engine, [request])).outputs).toEqual([request.greedy]);
});

test("a checkpoint in several files is served like one in a single file", async () => {
  const directory = temporaryDirectory();
  copyFileSync(join(llama.directory, "config.json"), join(directory, "config.json"));
  const weightMap: Record<string, string> = {};
  const tensors = [...readSafetensors(join(llama.directory, "model.safetensors"))];
  for (const [shard, half] of [tensors.slice(0, 9), tensors.slice(9)].entries()) {
    const file = `model-0000${shard + 1}-of-00002.safetensors`;
    writeSafetensors(join(directory, file), Object.fromEntries(half));
    for (const [name] of half) weightMap[name] = file;
  }
  writeFileSync(join(directory, "model.safetensors.index.json"), JSON.stringify({ weight_map: weightMap }));
  const { engine } = await startEngine(directory, roomySettings);
  const requests = requestsOf(llama);
  expect((await complete(engine, requests)).outputs).toEqual(requests.map(({ greedy }) => greedy));
});

test("a chunked prompt leaves the same logits as a whole one", async () => {
  const { runner } = await startEngine(llama.directory, roomySettings);
  const { prompt, last_logits } = llama.cases[llama.cases.length - 1];
  const blocks = Array.from({ length: 32 }, (_, index) => 40 - index);
  let start = 0;
  for (const count of [1, 30, 2, 17, prompt.length - 50]) {
    const samples = start + count === prompt.length;
    const entry = { tokenIds: prompt.slice(start, start + count), start, blocks };
    const scored = samples ? lastLogits : { ...lastLogits, scoredRows: 0 };
    const logits = logitsOf(await runner.run(stepOf([{ ...entry, ...scored }])));
    expect(logits).toHaveLength(samples ? 1 : 0);
    if (samples) expect(largestDifference(logits[0], last_logits)).toBeLessThan(LOGIT_TOLERANCE);
    start += count;
  }
});

function requestsOf({ cases }: GoldenCheckpoint) {
  return cases.map(({ prompt, greedy }) => ({
    prompt,
    greedy,
    params: { ...greedyParams, maxTokens: greedy.length },
  }));
}

function largestDifference(actual: Float32Array, expected: readonly number[]): number {
  return Math.max(...expected.map((value, index) => Math.abs(value - actual[index])));
}

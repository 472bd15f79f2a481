import { parseRuntimeConfig, type RuntimeConfigInput } from "../../../runtime/src/config";
import { planEngine } from "../../../runtime/src/engine/engine-plan";
import type { Checkpoint } from "../../../runtime/src/model/checkpoint";
import { CheckpointError } from "../../../runtime/src/model/checkpoint-error";
import { readDecoderConfig } from "../../support/decoder-config";
import { findingsOf } from "../../support/findings";
import { tinyConfig } from "../../support/tiny-checkpoint";

// 2 layers, keys and values, of 1 head of 8 floats: 128 bytes a token, so that 1 MiB holds 8,192 tokens.
const BYTES_PER_TOKEN = 2 * 2 * 1 * 8 * 4;

function plan(config: Partial<RuntimeConfigInput> = {}, maxPositions = 1_000) {
  const json = { ...tinyConfig, max_position_embeddings: maxPositions };
  const checkpoint = { config: readDecoderConfig(json).config } as Checkpoint;
  return planEngine(checkpoint, parseRuntimeConfig({ model: "/model", ...config }));
}

describe("the engine's plan", () => {
  test("serves the checkpoint's longest sequence and a prompt that leaves room for a token", () => {
    expect(plan()).toMatchObject({ maxModelLen: 1_000, maxPromptTokens: 999 });
  });

  test("shortens both where the configuration says so", () => {
    expect(plan({ maxModelLen: 100 })).toMatchObject({ maxModelLen: 100, maxPromptTokens: 99 });
    expect(plan({ maxModelLen: 100, maxPromptTokens: 10 })).toMatchObject({ maxPromptTokens: 10 });
    expect(plan({ maxPromptTokens: 10 })).toMatchObject({ maxModelLen: 1_000, maxPromptTokens: 10 });
  });

  test("takes as many blocks as the cache's memory holds", () => {
    expect(plan({ kvCacheMiB: 1, blockSize: 16 })).toMatchObject({
      blocks: 8_192 / 16,
      cacheBytes: 1024 * 1024,
    });
  });

  test("counts only whole blocks", () => {
    const { blocks, cacheBytes } = plan({ kvCacheMiB: 1, blockSize: 100 });
    expect(blocks).toBe(81);
    expect(cacheBytes).toBe(81 * 100 * BYTES_PER_TOKEN);
  });

  test("holds twice the blocks in the same memory where they are of float16", () => {
    expect(plan({ kvCacheMiB: 1, blockSize: 16, kvCachePrecision: "float16" })).toMatchObject({
      blocks: 2 * (8_192 / 16),
      cacheBytes: 1024 * 1024,
      kvCachePrecision: "float16",
    });
    expect(plan({ kvCacheMiB: 1 }).kvCachePrecision).toBe("float32");
  });

  test("takes no more blocks than its sequences can use, each rounded up to whole blocks", () => {
    expect(plan({ maxSequences: 3, blockSize: 16 }).blocks).toBe(3 * Math.ceil(1_000 / 16));
  });

  test("hands the scheduler's limits, the cache's settings and the threads on", () => {
    const limits = {
      maxSequences: 3,
      maxBatchedTokens: 30,
      prefillChunkTokens: 20,
      schedulingPolicy: "priority",
      maxDecodeSlowdown: 4,
      speculativeTokens: 5,
    } as const;
    expect(plan({ ...limits, threads: 5, blockSize: 8, prefixCaching: false })).toMatchObject({
      blockSize: 8,
      threads: 5,
      prefixCaching: false,
      limits,
    });
  });

  test("lets eight caches full of prompts wait where nothing else is said", () => {
    const { blocks, maxQueuedTokens } = plan({ blockSize: 16 });
    expect(maxQueuedTokens).toBe(8 * blocks * 16);
    expect(plan({ maxQueuedTokens: 7 }).maxQueuedTokens).toBe(7);
  });

  test("uses the processors that are there where no number of threads is stated", () => {
    expect(plan().threads).toBeGreaterThan(0);
  });

  test("refuses sequences longer than those the model was trained for", () => {
    expect(findingsOf(() => plan({ maxModelLen: 1_001 }))).toEqual([
      "maxModelLen 1001 exceeds the checkpoint's max_position_embeddings 1000: lower it",
    ]);
  });

  test("refuses a longest prompt that leaves no room within the checkpoint's own length", () => {
    expect(findingsOf(() => plan({ maxPromptTokens: 1_000 }))).toEqual([
      "maxPromptTokens 1000 leaves no room for a completion: it must be below maxModelLen 1000",
    ]);
  });

  test("refuses a cache that cannot hold one sequence, and says how much would do", () => {
    expect(findingsOf(() => plan({ kvCacheMiB: 1 }, 8_193))).toEqual([
      "kvCacheMiB 1 holds 8192 tokens, one sequence of maxModelLen 8193 needs 2 MiB: raise kvCacheMiB or lower maxModelLen",
    ]);
    expect(plan({ kvCacheMiB: 1 }, 8_192).blocks).toBe(512);
  });

  test.each([
    ["float32", 65_535],
    ["float16", 32_767],
  ] as const)(
    "refuses a cache of %s that no array can hold, and says how much would do",
    (precision, most) => {
      // 2 ** 25 blocks of 16 tokens of 8 numbers are 2 ** 32 numbers; one of them is the null block.
      const many = {
        maxSequences: 4_096,
        maxBatchedTokens: 4_096,
        blockSize: 16,
        kvCachePrecision: precision,
        kvCacheMiB: most + 1,
      };
      expect(findingsOf(() => plan(many, 1_000_000))).toEqual([
        `kvCacheMiB ${most + 1} makes 33554432 blocks of 16 tokens, and the arrays that hold them end at 33554431: ` +
          `lower kvCacheMiB to ${most}`,
      ]);
      expect(plan({ ...many, kvCacheMiB: most }, 1_000_000).blocks).toBeLessThan(2 ** 25);
    },
  );

  test("reports all that is wrong at once", () => {
    const refuse = () => plan({ kvCacheMiB: 1, maxModelLen: 9_000, maxPromptTokens: 8_999 }, 2_000);
    expect(refuse).toThrow(CheckpointError);
    expect(findingsOf(refuse).map((finding) => finding.split(" ")[0])).toEqual(["maxModelLen", "kvCacheMiB"]);
  });
});

import type { TerraformStack } from "cdktf";
import fc from "fast-check";
import {
  CloudRunEndpoint,
  type CloudRunEndpointProps,
  checkpointConfigFrom,
  EncryptedBucket,
  EncryptionKey,
  type Finding,
} from "../../../constructs";
import { parseRuntimeConfig } from "../../../runtime/src/config";
import { planEngine } from "../../../runtime/src/engine/engine-plan";
import { openCheckpoint } from "../../../runtime/src/model/checkpoint";
import { publicModels } from "../../support/public-models";
import { findings } from "../../support/terraform";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

function endpoint(stack: TerraformStack, props: Partial<CloudRunEndpointProps>): CloudRunEndpoint {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new CloudRunEndpoint(stack, "Chat", {
    name: "plinth-chat",
    image: "europe-west4-docker.pkg.dev/some-project/images/runtime:0.1.0",
    key,
    models: new EncryptedBucket(stack, "Models", { name: "some-project-models", key }),
    modelPath: "qwen2.5-0.5b",
    ...props,
  });
}

function refusal(props: Partial<CloudRunEndpointProps>): readonly Finding[] {
  return findings((stack) => endpoint(stack, props));
}

function lines(props: Partial<CloudRunEndpointProps>): readonly string[] {
  const [finding] = refusal(props);
  return finding?.statement?.lines ?? [];
}

const checkpoint = publicModels.qwen25_05b;

describe("a Cloud Run endpoint that knows its checkpoint", () => {
  test("is made where weights, KV cache and process have room", () => {
    // float32: 494,032,768 x 4 x 1.13 = 2.08 GiB, 0.5 GiB of cache, 0.14 GiB
    const runtime = { maxModelLen: 4_096 };
    expect(refusal({ checkpoint, runtime, memoryMiB: 3_072 })).toEqual([]);
    expect(refusal({ checkpoint, runtime, memoryMiB: 2_560 })).toHaveLength(1);
  });

  test("may have a cache above half of its memory", () => {
    const bard = checkpointConfigFrom("models/bard/config.json");
    const runtime = { kvCacheMiB: 600, maxSequences: 256, maxBatchedTokens: 512 };
    expect(refusal({ memoryMiB: 1_024, runtime })).toEqual([
      expect.objectContaining({ property: "runtime.kvCacheMiB" }),
    ]);
    expect(refusal({ checkpoint: bard, memoryMiB: 1_024, runtime })).toEqual([]);
  });

  test("is told what the model takes, what there is, and each way out", () => {
    const props = { checkpoint, memoryMiB: 2_560, cpu: 1, runtime: { maxModelLen: 4_096 } };
    const weights = (494_032_768 * 4 * 1.13) / GIB;
    expect(refusal(props)).toEqual([expect.objectContaining({ property: "memoryMiB", received: 2_560 })]);
    expect(lines(props)).toEqual([
      `weights     ${weights.toFixed(1)} GiB   qwen2.5-0.5b, fp16, loaded`,
      // 24,576 bytes a token: 4,096 tokens take 96 MiB
      "KV cache    0.5 GiB   room for 5 sequences of 4,096 tokens",
      "process     0.1 GiB   the runtime itself",
      "available   2.5 GiB   memoryMiB 2560",
      "either     lower runtime.kvCacheMiB to 290, room for 3 sequences of 4,096 tokens",
      expect.stringMatching(
        /^or {9}publish the weights in int8 \(plinth-runtime convert\), which take 0\.8 GiB, and state storedWeights "int8"$/,
      ),
      "or         raise memoryMiB to 2816, with cpu 1 or more",
    ]);
  });

  test("fits with the cache and with the memory that it is told", () => {
    const runtime = { maxModelLen: 4_096 };
    expect(refusal({ checkpoint, memoryMiB: 2_560, runtime: { ...runtime, kvCacheMiB: 290 } })).toEqual([]);
    expect(refusal({ checkpoint, memoryMiB: 2_816, runtime })).toEqual([]);
    expect(refusal({ checkpoint, memoryMiB: 2_560, runtime, storedWeights: "int8" })).toEqual([]);
  });

  test("pays twice for weights that an instance converts for itself", () => {
    const props = { checkpoint, memoryMiB: 1_536, runtime: { maxModelLen: 4_096, weights: "int8" as const } };
    expect(refusal({ ...props, storedWeights: "int8" })).toEqual([]);
    expect(lines(props)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^converted {3}0\.7 GiB {3}as the instance converts them for itself/),
        expect.stringMatching(
          /publish the weights in int8 \(plinth-runtime convert\) and state storedWeights "int8"$/,
        ),
      ]),
    );
  });

  test("is told to leave the conversion out where the weights are published narrower", () => {
    const props = { checkpoint, memoryMiB: 1_280, runtime: { maxModelLen: 4_096, weights: "int8" as const } };
    expect(lines(props)).toContainEqual(
      expect.stringMatching(
        /publish the weights in int4 .* and state storedWeights "int4" and no runtime\.weights$/,
      ),
    );
    const { weights, ...runtime } = props.runtime;
    expect(refusal({ ...props, runtime, storedWeights: "int4" })).toEqual([]);
  });

  test("names no machine that Cloud Run does not have", () => {
    const props = {
      checkpoint: publicModels.llama3_70b,
      cpu: 8,
      memoryMiB: 32_768,
      runtime: { maxModelLen: 512 },
    };
    expect(lines(props).at(-1)).toContain("serve it on a machine with more memory");
  });

  test.each<[string, Partial<CloudRunEndpointProps>, string, string]>([
    [
      "of a family that the runtime does not serve",
      { checkpoint: publicModels.mixtral_8x7b },
      "checkpoint",
      "model_type is not supported",
    ],
    [
      "that is quantised in a way that the runtime does not read",
      { checkpoint: { ...checkpoint, quantization_config: { quant_method: "gptq" } } },
      "checkpoint",
      "quantization_config is not supported",
    ],
    [
      "with sequences that the model was not trained for",
      { checkpoint, runtime: { maxModelLen: 40_000, kvCacheMiB: 1_024 } },
      "runtime.maxModelLen",
      "use at most 32768",
    ],
    [
      "whose files are in no precision of an artifact",
      { checkpoint, storedWeights: "int16" as "int8", runtime: { maxModelLen: 4_096 } },
      "storedWeights",
      'did you mean "int8"?',
    ],
    [
      "with a cache that does not hold one sequence",
      { checkpoint, runtime: { kvCacheMiB: 100 } },
      "runtime.kvCacheMiB",
      "use at least 768",
    ],
  ])("is refused: %s", (_, props, property, remedy) => {
    expect(refusal(props)).toEqual([
      expect.objectContaining({ property, remedy: expect.stringContaining(remedy) }),
    ]);
  });

  test("says so together with its other findings", () => {
    const props = { checkpoint, memoryMiB: 2_560, name: "chat", runtime: { maxModelLen: 4_096 } };
    expect(refusal(props).map(({ property }) => property)).toEqual(["name", "memoryMiB"]);
  });
});

describe("what synth accepts of a cache", () => {
  const directory = "models/bard";
  const bard = openCheckpoint(directory);
  const config = checkpointConfigFrom(`${directory}/config.json`);

  test("is what the runtime starts with, and what it refuses the runtime refuses", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 2, max: 700 }),
        fc.constantFrom(1, 16, 64, 256),
        fc.constantFrom("float32" as const, "float16" as const),
        (kvCacheMiB, maxModelLen, blockSize, kvCachePrecision) => {
          const runtime = { kvCacheMiB, maxModelLen, blockSize, kvCachePrecision };
          const refused = refusal({ checkpoint: config, memoryMiB: 4_096, runtime }).length > 0;
          const start = () => planEngine(bard, parseRuntimeConfig({ ...runtime, model: directory }));
          if (refused) expect(start).toThrow();
          else expect(start().cacheBytes).toBeLessThanOrEqual(kvCacheMiB * MIB);
        },
      ),
      { verbose: true, numRuns: 60 },
    );
  });
});

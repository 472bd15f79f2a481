import { type HardwareRequest, hardwareWarnings } from "../../../constructs";
import { Accelerator, acceleratorFacts } from "../../../constructs/catalog/accelerators";
import { hardwareWork } from "../../../constructs/sizing/hardware-request";
import { acceleratorRules, kindRules, reasonOf } from "../../../constructs/sizing/hardware-rules";

const GB = 1e9;

const training: HardwareRequest = { framework: "jax", workload: "training", modelBytes: 2 * GB };
const chat: HardwareRequest = {
  framework: "pytorch",
  workload: "online-inference",
  architecture: "transformer",
  modelBytes: 16 * GB,
};

/** Of each rule a workload that it speaks of, what it then says, and one that differs in what it does not speak of. */
const table: Readonly<Record<string, readonly [HardwareRequest, string, HardwareRequest | undefined]>> = {
  "tabular-without-gpu": [
    { framework: "scikit-learn", workload: "training", modelBytes: GB },
    "scikit-learn computes on the CPU and gains nothing from a GPU",
    training,
  ],
  "tpu-without-xla": [
    { ...training, framework: "pytorch" },
    "pytorch has no TPU-ready API: what a TPU runs is compiled by XLA, from JAX, TensorFlow or PyTorch/XLA",
    { ...training, framework: "pytorch-xla" },
  ],
  "tpu-with-custom-operations": [
    { ...training, customOperations: true },
    "custom operations in the main loop do not run on a TPU",
    training,
  ],
  "tpu-with-double-precision": [
    { ...training, doublePrecision: true },
    "a TPU computes in 16 bits and fewer, and not in double precision",
    training,
  ],
  "tpu-with-branching": [
    { ...training, dynamicBranching: true },
    "branches that depend on values, and shapes that change, are compiled anew for a TPU each time",
    training,
  ],
  "cpu-too-slow": [
    { ...chat, latencyMs: 49 },
    "an answer within 49 ms from 14.9 GiB of weights needs an accelerator's memory and matrix units",
    { ...chat, latencyMs: 50 },
  ],
  "tabular-on-cpu": [
    { framework: "xgboost", workload: "online-inference", modelBytes: GB },
    "models of tables run on a CPU, with an optimised build and wide vector units",
    chat,
  ],
  "weeks-of-matrices-on-tpu": [
    { ...training, architecture: "transformer", trainingDays: 21 },
    "21 days of training, most of it products of matrices",
    { ...training, architecture: "transformer", trainingDays: 13 },
  ],
  "fast-answers-on-gpu": [
    { ...chat, latencyMs: 30 },
    "less than 50 ms (30 ms) from a large model takes a GPU endpoint with an optimised runtime",
    { ...chat, latencyMs: 30, modelBytes: GB / 10 },
  ],
  "what-tpus-lack-on-gpu": [
    { ...training, customOperations: true },
    "custom operations, double precision and branching run on a GPU",
    training,
  ],
  "small-model-on-cpu": [
    { ...chat, modelBytes: GB / 10 },
    "a model of 96 MiB in small batches is answered by a CPU, which scales to zero",
    { ...chat, modelBytes: GB / 10, batch: 9 },
  ],
  "pytorch-on-gpu": [
    { ...training, framework: "pytorch" },
    "PyTorch and convolutions without a TPU-ready API run on GPUs",
    { ...training, architecture: "cnn" },
  ],
  "large-work-on-gpu": [
    training,
    "medium and large models, and large batches, run on GPUs",
    { framework: "onnxruntime", workload: "online-inference", modelBytes: GB / 2 },
  ],
  "rest-on-cpu": [
    { framework: "onnxruntime", workload: "online-inference", modelBytes: GB / 2 },
    "nothing about it asks for an accelerator",
    undefined,
  ],
  "rest-on-gpu": [training, "a GPU takes what no CPU can", undefined],
  "large-memory": [
    { ...training, modelBytes: 10 * GB },
    "74.5 GiB of model and batch go to accelerators with much memory, so that few have to talk",
    training,
  ],
  "dropped-by-cuda": [
    chat,
    "CUDA 13 and the builds of frameworks for it leave out GPUs before Turing",
    undefined,
  ],
  bfloat16: [chat, "transformers are published in bfloat16, which it does not compute in", training],
  "double-precision": [
    { ...training, doublePrecision: true },
    "double precision is fast only on GPUs that are made for it",
    training,
  ],
  latency: [{ ...chat, latencyMs: 5 }, "even eight of them read 14.9 GiB of weights in more than 5 ms", chat],
};

const rules = [...kindRules, ...acceleratorRules];

describe("the rules of hardware", () => {
  test("are each in the table, under a name of their own, with a source", () => {
    expect(Object.keys(table).sort()).toEqual(rules.map(({ id }) => id).sort());
    for (const { source } of rules) expect(source).toMatch(/^https:\/\//);
  });

  test.each(rules.map((rule) => [rule.id, rule] as const))("say why: %s", (id, rule) => {
    const [request, reason, other] = table[id];
    const work = hardwareWork(request);
    expect(rule.applies(work)).toBe(true);
    expect(reasonOf(rule, work)).toBe(reason);
    if (other !== undefined) expect(rule.applies(hardwareWork(other))).toBe(false);
  });

  test("speak of a large batch as of a large model", () => {
    const [{ applies }] = acceleratorRules;
    const batched = { ...training, modelBytes: GB, batch: 512, itemBytes: 0.2 * GB };
    expect(applies(hardwareWork(batched))).toBe(true);
    expect(applies(hardwareWork({ ...batched, batch: 1 }))).toBe(false);
  });
});

describe("hardware that somebody chose", () => {
  const forest: HardwareRequest = { framework: "xgboost", workload: "online-inference", modelBytes: GB };
  const l4 = acceleratorFacts(Accelerator.NVIDIA_L4);

  test.each<[string, Parameters<typeof hardwareWarnings>[0], readonly unknown[]]>([
    ["a GPU for PyTorch", { ...chat, modelBytes: 8 * GB, accelerator: l4.name }, []],
    [
      "a GPU for scikit-learn",
      {
        framework: "scikit-learn",
        workload: "training",
        modelBytes: GB / 10,
        accelerator: l4.name,
      },
      ["scikit-learn computes on the CPU and gains nothing from a GPU"],
    ],
    [
      "a TPU for PyTorch with CUDA kernels",
      { ...chat, modelBytes: GB, customOperations: true, accelerator: Accelerator.TPU_V6E },
      [expect.stringContaining("no TPU-ready API"), "custom operations in the main loop do not run on a TPU"],
    ],
    ["a TPU for some days of JAX", { ...training, accelerator: Accelerator.TPU_V6E }, []],
    [
      "a GPU for weeks of JAX",
      {
        ...training,
        architecture: "transformer",
        trainingDays: 30,
        accelerator: Accelerator.NVIDIA_H100_80GB,
      },
      ["a TPU suits the workload better: 30 days of training, most of it products of matrices"],
    ],
    [
      "a GPU for a small model",
      { ...chat, modelBytes: GB / 20, accelerator: l4.name },
      [expect.stringMatching(/^a CPU suits the workload better: a model of 48 MiB/)],
    ],
    [
      "a CPU for an answer in no time",
      { ...chat, latencyMs: 40 },
      [expect.stringContaining("needs an accelerator")],
    ],
    [
      "a GPU that does not hold it",
      { ...chat, modelBytes: 40 * GB, accelerator: l4.name },
      ["1 nvidia-l4 has 24.0 GiB, and model and batch take 44.7 GiB: divide them over more machines"],
    ],
    [
      "a GPU that frameworks have left behind",
      { ...chat, architecture: "cnn", modelBytes: 4 * GB, accelerator: Accelerator.NVIDIA_V100 },
      ["nvidia-tesla-v100: CUDA 13 and the builds of frameworks for it leave out GPUs before Turing"],
    ],
    ["several machines of it", { ...chat, modelBytes: 40 * GB, accelerator: l4.name, machines: 2 }, []],
    [
      "processors that are kept wide enough",
      { ...forest, machineType: "n1-standard-8", minCpuPlatform: "Intel Skylake" },
      [],
    ],
    [
      "processors that may be old",
      { ...forest, machineType: "n1-standard-8", minCpuPlatform: "Intel Haswell" },
      [expect.stringContaining("without AVX-512 or AMX")],
    ],
    ["enough of them", { ...chat, modelBytes: 40 * GB, accelerator: l4.name, count: 2 }, []],
    ["a machine with enough of them", { ...chat, modelBytes: 40 * GB, machineType: "g2-standard-24" }, []],
    [
      "a machine whose GPU does not hold it",
      { ...chat, modelBytes: 40 * GB, machineType: "g2-standard-4" },
      [expect.stringMatching(/^1 nvidia-l4 has 24\.0 GiB/)],
    ],
    ["a machine with AMX", { ...forest, machineType: "c3-standard-8" }, []],
    [
      "a machine that may lack wide vectors, and is small",
      { ...forest, modelBytes: 10 * GB, machineType: "e2-standard-2" },
      [
        "e2-standard-2 may run on processors without AVX-512 or AMX: take one that has them, as c3",
        "e2-standard-2 has 8.0 GiB, and model and batch take 11.2 GiB: divide them over more machines",
      ],
    ],
    [
      "a GPU whose memory is slow",
      { ...chat, latencyMs: 5, accelerator: l4.name },
      [`nvidia-l4: even eight of them read 14.9 GiB of weights in more than 5 ms`],
    ],
  ])("is warned of by the same rules: %s", (_, use, warnings) => {
    expect(hardwareWarnings(use)).toEqual(warnings);
  });
});

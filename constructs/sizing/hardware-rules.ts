import { Accelerator, type AcceleratorFacts } from "../catalog/accelerators";
import type { Framework, HardwareWork } from "./hardware-request";
import { memoryNeed } from "./memory-need";
import { GIB, gibibytes } from "./quantities";

export type HardwareKind = "cpu" | "gpu" | "tpu";

interface RuleBase {
  /** Names the rule in the table of its tests. */
  readonly id: string;
  readonly applies: (work: HardwareWork) => boolean;
  readonly reason: string | ((work: HardwareWork) => string);
  readonly source: string;
}

/** Rules a kind of hardware out, or names it as what suits. */
export interface KindRule extends RuleBase {
  readonly verdict: "excludes" | "prefers";
  readonly kind: HardwareKind;
  /** Kinds that serve as well where somebody chose them: of those it gives no warning. */
  readonly spares?: readonly HardwareKind[];
}

/** Rules accelerators of a kind out. */
export interface AcceleratorRule extends RuleBase {
  readonly suits: (facts: AcceleratorFacts, work: HardwareWork) => boolean;
}

const googleOnTpus = "https://cloud.google.com/tpu/docs/intro-to-tpu";
const intelOnScikit = "https://uxlfoundation.github.io/scikit-learn-intelex";

const LARGE_BYTES = GIB;
/** What the few processors of a serving instance get of their machine's memory, in round numbers. */
const CPU_GIGABYTES_PER_SECOND = 50;
const SMALL_BYTES = GIB / 4;
const SHORT_LATENCY_MS = 50;
const LONG_TRAINING_DAYS = 14;
const HIGH_MEMORY_GIB = 80;

const beforeTuring: readonly Accelerator[] = [
  Accelerator.NVIDIA_P4,
  Accelerator.NVIDIA_P100,
  Accelerator.NVIDIA_V100,
];
const tabular: readonly Framework[] = ["scikit-learn", "xgboost", "lightgbm"];
const tpuReady: readonly Framework[] = ["jax", "tensorflow", "pytorch-xla"];

function isTabular({ framework }: HardwareWork): boolean {
  return tabular.includes(framework);
}

/** Whether engines and frameworks have left a GPU behind. */
export function isBeforeTuring(accelerator: Accelerator): boolean {
  return beforeTuring.includes(accelerator);
}

export function isTraining({ workload }: Pick<HardwareWork, "workload">): boolean {
  return workload === "training" || workload === "fine-tuning";
}

function isMatrixHeavy({ architecture }: HardwareWork): boolean {
  return architecture === "transformer" || architecture === "cnn" || architecture === "embeddings";
}

/** A tree's answer reads one path of it, however large the model is. */
function mustAnswerFast(work: HardwareWork): boolean {
  const { workload, latencyMs, modelBytes } = work;
  const isShort = latencyMs !== undefined && latencyMs < SHORT_LATENCY_MS;
  const isLarge =
    modelBytes >= LARGE_BYTES || readMs(modelBytes, CPU_GIGABYTES_PER_SECOND) > (latencyMs ?? 0);
  return workload === "online-inference" && isShort && isLarge && !isTabular(work);
}

function isUnfitForTpus({ customOperations, doublePrecision, dynamicBranching }: HardwareWork): boolean {
  return customOperations || doublePrecision || dynamicBranching;
}

/** Of what prefers, the first counts whose kind nothing excludes. The last two always apply. */
export const kindRules: readonly KindRule[] = [
  {
    id: "tabular-without-gpu",
    verdict: "excludes",
    kind: "gpu",
    applies: isTabular,
    reason: ({ framework }) =>
      framework === "scikit-learn"
        ? "scikit-learn computes on the CPU and gains nothing from a GPU"
        : `${framework} walks trees, branch by branch: a GPU stands idle behind it unless the table is very large`,
    source: "https://scikit-learn.org/stable/faq.html",
  },
  {
    id: "tpu-without-xla",
    verdict: "excludes",
    kind: "tpu",
    applies: ({ framework }) => !tpuReady.includes(framework),
    reason: ({ framework }) =>
      `${framework} has no TPU-ready API: what a TPU runs is compiled by XLA, from JAX, TensorFlow or PyTorch/XLA`,
    source: googleOnTpus,
  },
  {
    id: "tpu-with-custom-operations",
    verdict: "excludes",
    kind: "tpu",
    applies: ({ customOperations }) => customOperations,
    reason: "custom operations in the main loop do not run on a TPU",
    source: googleOnTpus,
  },
  {
    id: "tpu-with-double-precision",
    verdict: "excludes",
    kind: "tpu",
    applies: ({ doublePrecision }) => doublePrecision,
    reason: "a TPU computes in 16 bits and fewer, and not in double precision",
    source: googleOnTpus,
  },
  {
    id: "tpu-with-branching",
    verdict: "excludes",
    kind: "tpu",
    applies: ({ dynamicBranching }) => dynamicBranching,
    reason: "branches that depend on values, and shapes that change, are compiled anew for a TPU each time",
    source: googleOnTpus,
  },
  {
    id: "cpu-too-slow",
    verdict: "excludes",
    kind: "cpu",
    applies: mustAnswerFast,
    reason: ({ latencyMs, modelBytes }) =>
      `an answer within ${latencyMs} ms from ${gibibytes(modelBytes)} of weights needs an accelerator's memory and matrix units`,
    source: "https://docs.vllm.ai/en/latest/",
  },
  {
    id: "tabular-on-cpu",
    verdict: "prefers",
    kind: "cpu",
    applies: isTabular,
    reason: "models of tables run on a CPU, with an optimised build and wide vector units",
    source: intelOnScikit,
  },
  {
    id: "weeks-of-matrices-on-tpu",
    verdict: "prefers",
    kind: "tpu",
    applies: (work) => isTraining(work) && work.trainingDays >= LONG_TRAINING_DAYS && isMatrixHeavy(work),
    reason: ({ trainingDays }) => `${trainingDays} days of training, most of it products of matrices`,
    source: googleOnTpus,
  },
  {
    id: "fast-answers-on-gpu",
    verdict: "prefers",
    kind: "gpu",
    spares: ["tpu"],
    applies: mustAnswerFast,
    reason: ({ latencyMs }) =>
      `less than ${SHORT_LATENCY_MS} ms (${latencyMs} ms) from a large model takes a GPU endpoint with an optimised runtime`,
    source: "https://docs.vllm.ai/en/latest/",
  },
  {
    id: "what-tpus-lack-on-gpu",
    verdict: "prefers",
    kind: "gpu",
    applies: (work) => isUnfitForTpus(work) && isTraining(work),
    reason: "custom operations, double precision and branching run on a GPU",
    source: googleOnTpus,
  },
  {
    id: "small-model-on-cpu",
    verdict: "prefers",
    kind: "cpu",
    applies: ({ workload, modelBytes, batch, architecture }) =>
      workload === "online-inference" && modelBytes <= SMALL_BYTES && batch <= 8 && architecture !== "cnn",
    reason: ({ modelBytes }) =>
      `a model of ${Math.ceil(modelBytes / 1024 ** 2)} MiB in small batches is answered by a CPU, which scales to zero`,
    source: googleOnTpus,
  },
  {
    id: "pytorch-on-gpu",
    verdict: "prefers",
    kind: "gpu",
    applies: ({ framework, architecture }) =>
      framework === "pytorch" || (architecture === "cnn" && !tpuReady.includes(framework)),
    reason: "PyTorch and convolutions without a TPU-ready API run on GPUs",
    source: googleOnTpus,
  },
  {
    id: "large-work-on-gpu",
    verdict: "prefers",
    kind: "gpu",
    spares: ["tpu"],
    applies: (work) => isTraining(work) || work.modelBytes >= LARGE_BYTES || work.batch > 8,
    reason: "medium and large models, and large batches, run on GPUs",
    source: googleOnTpus,
  },
  {
    id: "rest-on-cpu",
    verdict: "prefers",
    kind: "cpu",
    spares: ["gpu", "tpu"],
    applies: () => true,
    reason: "nothing about it asks for an accelerator",
    source: googleOnTpus,
  },
  {
    id: "rest-on-gpu",
    verdict: "prefers",
    kind: "gpu",
    applies: () => true,
    reason: "a GPU takes what no CPU can",
    source: googleOnTpus,
  },
];

export const acceleratorRules: readonly AcceleratorRule[] = [
  {
    id: "large-memory",
    applies: (work) => memoryNeed(work) > HIGH_MEMORY_GIB * GIB * 0.75,
    suits: ({ memoryGiB, kind }) => memoryGiB >= (kind === "gpu" ? HIGH_MEMORY_GIB : 32),
    reason: (work) =>
      `${gibibytes(memoryNeed(work))} of model and batch go to accelerators with much memory, so that few have to talk`,
    source: "https://cloud.google.com/compute/docs/gpus",
  },
  {
    id: "dropped-by-cuda",
    applies: () => true,
    suits: ({ name }) => !isBeforeTuring(name),
    reason: "CUDA 13 and the builds of frameworks for it leave out GPUs before Turing",
    source: "https://docs.nvidia.com/cuda/archive/13.0.0/cuda-toolkit-release-notes/",
  },
  {
    id: "bfloat16",
    applies: ({ architecture }) => architecture === "transformer",
    suits: ({ denseTflops }) => denseTflops.bf16 !== undefined,
    reason: "transformers are published in bfloat16, which it does not compute in",
    source: "https://docs.vllm.ai/en/latest/",
  },
  {
    id: "double-precision",
    applies: ({ doublePrecision }) => doublePrecision,
    suits: ({ denseTflops }) => (denseTflops.fp64 ?? 0) >= 5,
    reason: "double precision is fast only on GPUs that are made for it",
    source: "https://cloud.google.com/compute/docs/gpus",
  },
  {
    id: "latency",
    applies: ({ workload, latencyMs }) => workload === "online-inference" && latencyMs !== undefined,
    suits: ({ memoryGBps }, { modelBytes, latencyMs = 0 }) => readMs(modelBytes, 8 * memoryGBps) <= latencyMs,
    reason: ({ modelBytes, latencyMs }) =>
      `even eight of them read ${gibibytes(modelBytes)} of weights in more than ${latencyMs} ms`,
    source: "https://cloud.google.com/compute/docs/gpus",
  },
];

/** Time in which weights are read once, which one token of a transformer takes at least. */
export function readMs(bytes: number, gigabytesPerSecond: number): number {
  return (bytes / (gigabytesPerSecond * 1e9)) * 1_000;
}

export function reasonOf({ reason }: RuleBase, work: HardwareWork): string {
  return typeof reason === "string" ? reason : reason(work);
}

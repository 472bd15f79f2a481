import type { HardwareWork } from "./hardware-request";
import type { HardwareKind } from "./hardware-rules";

/** A build or a runtime that makes the most of a kind of hardware. */
interface OptimisedRuntime {
  readonly kind: HardwareKind;
  readonly applies: (work: HardwareWork) => boolean;
  readonly title: string;
}

function infers({ workload }: HardwareWork): boolean {
  return workload === "online-inference" || workload === "batch-inference";
}

/** The first that applies is named. */
const runtimes: readonly OptimisedRuntime[] = [
  {
    kind: "cpu",
    applies: ({ framework }) => framework === "scikit-learn",
    title: "scikit-learn with Intel's extension (sklearnex on oneDAL), or exported to ONNX for inference",
  },
  {
    kind: "cpu",
    applies: (work) => work.architecture === "tabular" && infers(work),
    title: "the model converted to oneDAL (daal4py) or to ONNX",
  },
  {
    kind: "cpu",
    applies: ({ architecture }) => architecture === "tabular",
    title: "the framework's own build, with a thread for each core",
  },
  { kind: "cpu", applies: infers, title: "onnxruntime, with weights in int8" },
  { kind: "cpu", applies: () => true, title: "the framework's own build with oneDNN" },
  {
    kind: "gpu",
    applies: (work) => infers(work) && work.architecture === "transformer",
    title: "vLLM or TensorRT-LLM",
  },
  { kind: "gpu", applies: infers, title: "onnxruntime with TensorRT" },
  {
    kind: "gpu",
    applies: ({ doublePrecision }) => doublePrecision,
    title: "the framework's CUDA build, in double precision",
  },
  { kind: "gpu", applies: () => true, title: "the framework's CUDA build, in mixed precision" },
  { kind: "tpu", applies: infers, title: "vLLM for TPUs, or JetStream" },
  { kind: "tpu", applies: () => true, title: "the framework on XLA, in bfloat16" },
];

export function optimisedRuntime(kind: HardwareKind, work: HardwareWork): string {
  const found = runtimes.find((runtime) => runtime.kind === kind && runtime.applies(work));
  if (found === undefined) throw new Error(`constructs/sizing/optimised-runtimes.ts has none for ${kind}`);
  return found.title;
}

import { checkOneOf } from "../catalog/choices";
import { checkRegion } from "../catalog/regions";
import { type Finding, under } from "../construct-error";

/** What computes the model. `pytorch-xla` is PyTorch with its TPU-ready API. */
export const frameworks = [
  "scikit-learn",
  "xgboost",
  "lightgbm",
  "onnxruntime",
  "pytorch",
  "pytorch-xla",
  "tensorflow",
  "jax",
] as const;

export type Framework = (typeof frameworks)[number];

/** What is done with the model. */
const hardwareWorkloads = ["training", "fine-tuning", "batch-inference", "online-inference"] as const;

export type HardwareWorkload = (typeof hardwareWorkloads)[number];

/** What the model is. */
export const architectures = ["tabular", "cnn", "transformer", "embeddings", "other"] as const;

export type Architecture = (typeof architectures)[number];

/** A workload, as far as the choice of its hardware depends on it. */
export interface HardwareRequest {
  readonly framework: Framework;
  readonly workload: HardwareWorkload;

  /** Bytes of the weights, in the precision that they are computed in. */
  readonly modelBytes: number;

  /**
   * What the model is: layers of convolutions, attention, tables.
   *
   * @default - "tabular" of scikit-learn, XGBoost and LightGBM, otherwise "other"
   */
  readonly architecture?: Architecture;

  /**
   * Items that are computed together on one machine.
   *
   * @default 1
   */
  readonly batch?: number;

  /**
   * Memory that one item of a batch takes beside the weights: activations, or its KV cache.
   *
   * @default - a thousandth of the weights
   */
  readonly itemBytes?: number;

  /**
   * Longest time that one answer, or one token of it, may take.
   *
   * @default - none
   */
  readonly latencyMs?: number;

  /**
   * Days that one run of training takes.
   *
   * @default 1
   */
  readonly trainingDays?: number;

  /**
   * Whether the main loop has operations of one's own, as CUDA kernels or Python that a compiler cannot see.
   *
   * @default false
   */
  readonly customOperations?: boolean;

  /**
   * Whether it computes in 64 bits.
   *
   * @default false
   */
  readonly doublePrecision?: boolean;

  /**
   * Whether what is computed next depends on values, or shapes change from step to step.
   *
   * @default false
   */
  readonly dynamicBranching?: boolean;

  /**
   * Region that the machine must be offered in.
   *
   * @default - any
   */
  readonly region?: string;
}

/** Defaults filled in. */
export type HardwareWork = Required<Omit<HardwareRequest, "latencyMs" | "region">> &
  Pick<HardwareRequest, "latencyMs" | "region">;

const tabular: readonly Framework[] = ["scikit-learn", "xgboost", "lightgbm"];

export function hardwareWork(request: HardwareRequest): HardwareWork {
  return {
    ...request,
    architecture: request.architecture ?? (tabular.includes(request.framework) ? "tabular" : "other"),
    batch: request.batch ?? 1,
    itemBytes: request.itemBytes ?? request.modelBytes / 1_000,
    trainingDays: request.trainingDays ?? 1,
    customOperations: request.customOperations ?? false,
    doublePrecision: request.doublePrecision ?? false,
    dynamicBranching: request.dynamicBranching ?? false,
  };
}

/** Everything in a request that no advice can be given on. */
export function checkHardwareRequest(request: HardwareRequest): Finding[] {
  const { framework, workload, architecture, region } = request;
  return [
    ...checkOneOf("framework", framework, frameworks),
    ...checkOneOf("workload", workload, hardwareWorkloads),
    ...(architecture === undefined ? [] : checkOneOf("architecture", architecture, architectures)),
    ...checkAmount("modelBytes", request.modelBytes),
    ...checkAmount("batch", request.batch),
    ...checkAmount("itemBytes", request.itemBytes),
    ...checkAmount("latencyMs", request.latencyMs),
    ...checkAmount("trainingDays", request.trainingDays),
    ...(region === undefined ? [] : checkRegion("region", region)),
  ];
}

/** Findings on the workload that a construct is told, where it is told one. */
export function checkWorkload(property: string, workload: HardwareRequest | undefined): Finding[] {
  if (workload === undefined) return [];
  return checkHardwareRequest(workload).map((finding) => under(property, finding));
}

function checkAmount(property: string, received: number | undefined): Finding[] {
  if (received === undefined || (Number.isFinite(received) && received > 0)) return [];
  return [{ property, received, remedy: "use a number above 0" }];
}

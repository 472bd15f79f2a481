import type { IConstruct } from "constructs";
import { ConstructError, type Finding } from "../construct-error";
import { type CapacityFigures, capacityFigures } from "./capacity-figures";
import { type CapacityRemedy, capacityRemedies } from "./capacity-remedies";
import { type CapacityRequest, readCapacityRequest, type Sizing } from "./capacity-request";
import { parameterCount } from "./model-shape";
import { counted, grouped } from "./quantities";
import { unfit } from "./unfit";
import type { WeightPrecision } from "./weight-storage";

/** Whether a model fits its accelerators, by what figures, and what to change if it does not. */
export interface CapacityPlan extends CapacityFigures {
  readonly fits: boolean;
  readonly model: string;
  readonly parameters: number;
  readonly weights: WeightPrecision;
  readonly maxModelLen: number;
  readonly concurrency: number;
  /** Empty where it fits; the least change first. */
  readonly remedies: readonly CapacityRemedy[];
}

/**
 * Sizes one replica of a model.
 * @throws ConstructError with every reason for which the request cannot be sized
 */
export function planCapacity(request: CapacityRequest): CapacityPlan {
  const { sizing, findings } = readCapacityRequest(request);
  ConstructError.throwIfAny("planCapacity", findings);
  if (sizing === undefined) throw new Error("planCapacity needs a request that is known at synth");
  return planOf(sizing);
}

/** Findings on a model that does not fit its accelerators, or that cannot be sized. A token is not judged. */
export function checkCapacity(request: CapacityRequest): Finding[] {
  const { sizing, findings } = readCapacityRequest(request);
  if (sizing === undefined) return [...findings];
  const plan = planOf(sizing);
  return plan.fits ? [] : [doesNotFit(sizing, plan)];
}

/**
 * For the constructor of whatever deploys a model: the deployment fails at synth where the model cannot fit.
 * @throws ConstructError at the construct's path, with the figures and what to change
 */
export function requireCapacity(at: IConstruct, request: CapacityRequest): void {
  ConstructError.throwIfAny(at, checkCapacity(request));
}

function planOf(sizing: Sizing): CapacityPlan {
  const figures = capacityFigures(sizing);
  const { model, weights, maxModelLen, concurrency } = sizing;
  const fits = figures.sequencesMax >= concurrency;
  return {
    ...figures,
    fits,
    model,
    parameters: parameterCount(sizing.shape),
    weights,
    maxModelLen,
    concurrency,
    remedies: fits ? [] : capacityRemedies(sizing),
  };
}

const titles: Readonly<Record<WeightPrecision, string>> = {
  fp32: "float32",
  bf16: "bfloat16",
  fp16: "float16",
  fp8: "fp8",
  int8: "int8",
  int4: "int4",
};

function doesNotFit(sizing: Sizing, plan: CapacityPlan): Finding {
  const { accelerator, memoryGiB, perReplica, memoryUtilisation } = sizing;
  const sequences = `${counted(plan.concurrency, "sequence")} of ${grouped(plan.maxModelLen)} tokens`;
  const each = `${accelerator}, ${memoryGiB} GiB at ${Math.round(memoryUtilisation * 100)} %`;
  const remedies = plan.remedies.map(({ text }) => text);
  return unfit({
    property: "accelerator",
    received: accelerator,
    title: `the model does not fit its accelerator${perReplica === 1 ? "" : "s"}`,
    amounts: [
      { name: "weights", bytes: plan.weightBytes, what: `${plan.model}, ${titles[plan.weights]}` },
      { name: "KV cache", bytes: plan.cacheBytes, what: sequences },
      {
        name: "available",
        bytes: plan.availableBytes,
        what: perReplica === 1 ? each : `${perReplica} of ${each}`,
      },
    ],
    remedies:
      remedies.length > 0
        ? remedies
        : ["serve a smaller model: no machine of the catalog holds this one with so many sequences"],
  });
}

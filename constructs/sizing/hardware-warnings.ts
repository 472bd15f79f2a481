import { Annotations, Token } from "cdktf";
import type { IConstruct } from "constructs";
import { type Accelerator, acceleratorFacts, checkAccelerator } from "../catalog/accelerators";
import { processorsWith } from "../catalog/cpu-platforms";
import { type AcceleratorCount, type MachineType, machineType } from "../catalog/machine-types";
import { processorsOf } from "../compute/cpu-machine";
import { ConstructError } from "../construct-error";
import {
  checkHardwareRequest,
  type HardwareRequest,
  type HardwareWork,
  hardwareWork,
} from "./hardware-request";
import { acceleratorRules, type HardwareKind, kindRules, reasonOf } from "./hardware-rules";
import { memoryNeed } from "./memory-need";
import { GIB, gibibytes } from "./quantities";

const wideInstructions = ["amx", "avx512", "sve2"] as const;

/** A workload, and the hardware that somebody chose for it. */
export interface HardwareInUse extends HardwareRequest {
  /**
   * Machine of the catalog.
   *
   * @default - any that holds the accelerators
   */
  readonly machineType?: string;

  /**
   * Oldest processors that the machine may run on.
   *
   * @default - the oldest that Google has for it
   */
  readonly minCpuPlatform?: string;

  /** @default - those that come with the machine; none of one without */
  readonly accelerator?: Accelerator;

  /**
   * Accelerators of one machine.
   *
   * @default - as many as come with the machine, or 1
   */
  readonly count?: number;

  /**
   * Machines that a model can be divided over: of a slice of TPUs, or those that train together.
   *
   * @default 1
   */
  readonly machines?: number;
}

/** What a construct has for its workload. */
export type WorkloadHardware = Pick<HardwareInUse, "machineType" | "minCpuPlatform" | "machines"> & {
  readonly accelerators?: AcceleratorCount;
};

/**
 * What speaks against hardware for a workload, by the rules that `recommendHardware` goes by.
 * @throws ConstructError with every finding on the workload
 */
export function hardwareWarnings(use: HardwareInUse): readonly string[] {
  ConstructError.throwIfAny("hardwareWarnings", [
    ...checkHardwareRequest(use),
    ...(use.accelerator === undefined ? [] : checkAccelerator("accelerator", use.accelerator)),
  ]);
  // Known only at apply.
  if (Token.isUnresolved(use.accelerator) || Token.isUnresolved(use.machineType)) return [];
  const work = hardwareWork(use);
  const machine = use.machineType === undefined ? undefined : machineType(use.machineType);
  const accelerators = acceleratorsOf(use, machine);
  if (accelerators !== undefined)
    return [
      ...againstKind(acceleratorFacts(accelerators.accelerator).kind, work),
      ...againstAccelerators(accelerators, use.machines ?? 1, work),
    ];
  return [...againstKind("cpu", work), ...(machine === undefined ? [] : againstMachine(machine, use, work))];
}

/** For constructs that are told what they are for: their warnings appear at synth. */
export function warnOfHardware(at: IConstruct, use: HardwareInUse): void {
  const annotations = Annotations.of(at);
  for (const warning of hardwareWarnings(use)) annotations.addWarning(warning);
}

/** For a construct that is told what runs on it, where it is told: warns of the machine and the accelerators that it has. */
export function warnOfWorkload(
  at: IConstruct,
  workload: HardwareRequest | undefined,
  { accelerators, ...machine }: WorkloadHardware,
): void {
  if (workload === undefined) return;
  const { accelerator, count } = accelerators ?? {};
  warnOfHardware(at, { ...workload, ...machine, accelerator, count });
}

function acceleratorsOf(
  { accelerator, count }: HardwareInUse,
  machine: MachineType | undefined,
): AcceleratorCount | undefined {
  if (accelerator === undefined) return machine?.attached;
  return { accelerator, count: count ?? machine?.attached?.count ?? 1 };
}

function againstKind(kind: HardwareKind, work: HardwareWork): string[] {
  const applying = kindRules.filter((rule) => rule.applies(work));
  const excluding = applying.filter((rule) => rule.verdict === "excludes");
  const against = excluding.filter((rule) => rule.kind === kind).map((rule) => reasonOf(rule, work));
  if (against.length > 0) return against;
  const preferred = applying.find(
    (rule) => rule.verdict === "prefers" && !excluding.some((excluded) => excluded.kind === rule.kind),
  );
  if (preferred === undefined || preferred.kind === kind || preferred.spares?.includes(kind)) return [];
  return [`a ${preferred.kind.toUpperCase()} suits the workload better: ${reasonOf(preferred, work)}`];
}

function againstAccelerators(
  { accelerator, count }: AcceleratorCount,
  machines: number,
  work: HardwareWork,
): string[] {
  const facts = acceleratorFacts(accelerator);
  const unsuited = acceleratorRules
    .filter((rule) => rule.applies(work) && !rule.suits(facts, work))
    .map((rule) => `${accelerator}: ${reasonOf(rule, work)}`);
  const all = count * machines;
  return [
    ...unsuited,
    ...tooSmall(`${all} ${accelerator} ${all === 1 ? "has" : "have"}`, all * facts.memoryGiB, work),
  ];
}

function againstMachine(
  machine: MachineType,
  { machines = 1, minCpuPlatform }: HardwareInUse,
  work: HardwareWork,
): string[] {
  const { name, memoryGiB } = machine;
  const processors = processorsOf(machine, minCpuPlatform);
  const isWide = wideInstructions.some((instructions) => processorsWith(instructions, processors));
  return [
    ...(isWide
      ? []
      : [`${name} may run on processors without AVX-512 or AMX: take one that has them, as c3`]),
    ...tooSmall(machines === 1 ? `${name} has` : `${machines} ${name} have`, machines * memoryGiB, work),
  ];
}

function tooSmall(what: string, memoryGiB: number, work: HardwareWork): string[] {
  const need = memoryNeed(work);
  if (need <= memoryGiB * GIB) return [];
  return [
    `${what} ${gibibytes(memoryGiB * GIB)}, and model and batch take ${gibibytes(need)}: divide them over more machines`,
  ];
}

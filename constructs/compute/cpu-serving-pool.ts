import type { Construct } from "constructs";
import { armFamilies, type InstructionSet } from "../catalog/cpu-platforms";
import { machineType } from "../catalog/machine-types";
import type { Finding } from "../construct-error";
import { checkCombinations } from "./combination-rule";
import { cpuMachineFor } from "./cpu-machine";
import { type CpuPoolRequest, cpuPoolRules, hugePageLimits } from "./cpu-pool-rules";
import { ManagedNodePool } from "./managed-node-pool";
import type { NodePoolKind } from "./node-pool-kind";
import type { NodePoolProps } from "./node-pool-props";
import { poolRequest } from "./node-pool-request";
import { ARM_TAINT } from "./node-taints";

export interface CpuServingPoolProps extends NodePoolProps {
  /**
   * Instructions that every node has, whichever processor it comes with: `"amx"` multiplies matrices of bfloat16 and int8,
   * `"avx512-vnni"` vectors of int8.
   *
   * @default - what the machine happens to have
   */
  readonly instructionSet?: InstructionSet;

  /**
   * Processors of a node, hyper-threads that is, at least.
   *
   * @default 4
   */
  readonly vcpus?: number;

  /**
   * Memory of a node, at least.
   *
   * @default - as much as comes with the machine
   */
  readonly memoryGiB?: number;

  /**
   * Type of machine, in place of `vcpus` and `memoryGiB`.
   *
   * @default - the cheapest that has what is asked for, x86 unless the instructions are Arm's
   */
  readonly machineType?: string;

  /**
   * Oldest processor that a node may come with, as `Intel Ice Lake`. N1, N2, N2D and C4 leave a choice.
   *
   * @default - any that the machine runs on
   */
  readonly minCpuPlatform?: string;

  /**
   * Threads of each core. One leaves a node half as many processors, and each of them a core of its own, which is what
   * multiplying matrices uses up.
   *
   * @default - as many as the processor has
   */
  readonly threadsPerCore?: 1 | 2;

  /**
   * Whether a container that asks for whole processors, as request and as limit, gets them for itself.
   *
   * @default true
   */
  readonly exclusiveCpus?: boolean;

  /**
   * Whether containers are held to their limits of processor time. Without, a burst is not cut off, and may take what
   * others asked for no more than that.
   *
   * @default true
   */
  readonly cpuLimits?: boolean;

  /**
   * Memory of a node that is set aside as pages of 2 MiB, for containers that ask for `hugepages-2Mi`.
   *
   * @default 0
   */
  readonly hugePagesMiB?: number;
}

const VCPUS = 4;

/** Nodes for inference without accelerators, with processors that have the instructions which make it fast. */
export class CpuServingPool extends ManagedNodePool {
  /** What images that run here have to be built for. */
  readonly architecture: "x86" | "arm";

  constructor(scope: Construct, id: string, props: CpuServingPoolProps) {
    super(scope, id, props, cpuPoolKind(id, props));
    this.architecture = architectureOf(this.machineType);
  }
}

function cpuPoolKind(id: string, props: CpuServingPoolProps): NodePoolKind {
  const { instructionSet, threadsPerCore, hugePagesMiB = 0 } = props;
  const { name, findings } = machineOf(props);
  const architecture = architectureOf(name);
  const request: CpuPoolRequest = {
    ...poolRequest(id, props, { kind: "cpu", machineType: name, minCpuPlatform: props.minCpuPlatform }),
    instructionSet,
    threadsPerCore,
    hugePagesMiB,
  };
  return {
    request,
    // They judge more than what every pool asks, and so are read below.
    rules: [],
    findings: [...findings, ...(name === "" ? [] : checkCombinations(cpuPoolRules, request))],
    nodeSelector: { "kubernetes.io/arch": architecture === "arm" ? "arm64" : "amd64" },
    googleTaints: architecture === "arm" ? [ARM_TAINT] : [],
    nodeConfig: {
      advancedMachineFeatures: threadsPerCore === undefined ? undefined : { threadsPerCore },
      kubeletConfig: {
        cpuManagerPolicy: (props.exclusiveCpus ?? true) ? "static" : undefined,
        cpuCfsQuota: props.cpuLimits ?? true,
      },
      linuxNodeConfig:
        hugePagesMiB === 0
          ? undefined
          : { hugepagesConfig: { hugepageSize2M: hugePagesMiB / hugePageLimits.pageMiB } },
    },
  };
}

/** The machine that is named, or the one that costs least of those that have what is described. */
function machineOf(props: CpuServingPoolProps): {
  readonly name: string;
  readonly findings: readonly Finding[];
} {
  const { cluster, machineType: name, vcpus, memoryGiB, instructionSet, zones = cluster.zones } = props;
  if (name === undefined) {
    const asked = { vcpus: vcpus ?? VCPUS, memoryGiB, instructionSet, zones, region: cluster.region };
    const { choice, findings } = cpuMachineFor(asked);
    return { name: choice?.machine.name ?? "", findings };
  }
  if (vcpus === undefined && memoryGiB === undefined) return { name, findings: [] };
  const remedy = "state either the type of the machine, or vcpus and memoryGiB that it has at least";
  return { name, findings: [{ property: "machineType", received: name, remedy }] };
}

function architectureOf(name: string): "x86" | "arm" {
  const [family] = name.split("-");
  return machineType(name)?.architecture ?? (armFamilies.families.includes(family) ? "arm" : "x86");
}

import { Token } from "cdktf";
import { bootDiskCatalog, isHyperdiskOnly, isPersistentOnly } from "../catalog/boot-disks";
import { checkOneOf } from "../catalog/choices";
import { checkCron, checkTimeZone } from "../catalog/cron";
import {
  checkMachineImage,
  type DeepLearningFramework,
  machineImageCatalog,
} from "../catalog/machine-images";
import { checkRange, type MachineDiskType, machineDiskTypes, machineLimits } from "../catalog/machine-limits";
import { machineType as machineTypeOf } from "../catalog/machine-types";
import { checkName } from "../catalog/names";
import { provisioningSource, provisioningsOf } from "../catalog/node-pools";
import { checkWhole } from "../catalog/whole-numbers";
import type { Finding } from "../construct-error";
import type { CombinationRule } from "./combination-rule";
import { acceleratorsOf, checkMachine, type MachineRequest, machineRules } from "./machine-checks";
import type { MachineSchedule } from "./machine-schedule";

/** What happens to a machine that Google takes back, or whose time is over. */
export type MachineTermination = "stop" | "delete";

/** What a machine with GPUs asks for, defaults filled in. */
export interface GpuVirtualMachineRequest extends MachineRequest {
  readonly name: string;
  readonly framework?: DeepLearningFramework;
  readonly image?: string;
  readonly spot: boolean;
  readonly termination?: MachineTermination;
  readonly maxRunSeconds?: number;
  readonly schedule?: MachineSchedule;
  readonly bootDiskGiB: number;
  readonly dataDiskGiB?: number;
  readonly diskType: MachineDiskType | "hyperdisk-balanced";
  readonly localSsds: number;
  readonly deletionProtection: boolean;
}

/** What cannot be had together in a machine with GPUs, beside what no machine has. */
export const gpuVirtualMachineRules: readonly CombinationRule<GpuVirtualMachineRequest>[] = [
  ...machineRules,
  {
    id: "gpu",
    property: "accelerator",
    refused: (request) =>
      !Token.isUnresolved(request.machineType) &&
      acceleratorsOf(request) === undefined &&
      request.acceleratorCount === undefined,
    remedy: ({ machineType }) =>
      `state one, or use a machine type that comes with some, as g2-standard-8: ${machineType} has no GPU`,
    source: "https://cloud.google.com/compute/docs/gpus",
  },
  {
    id: "framework-of-image",
    property: "framework",
    refused: ({ framework, image }) => framework !== undefined && image !== undefined,
    remedy: "leave it out: what is installed is what image holds",
    source: "https://cloud.google.com/deep-learning-vm/docs/images",
  },
  {
    id: "spot-only",
    property: "spot",
    refused: ({ machineType, spot }) => {
      const ways = provisioningsOf(machineType);
      return !spot && ways.includes("spot") && !ways.includes("on-demand");
    },
    remedy: ({ machineType }) =>
      `set it to true, or use a3-highgpu-8g: ${machineType} is not offered on demand`,
    source: provisioningSource,
  },
  {
    id: "termination-of-what-ends",
    property: "termination",
    refused: ({ termination, spot, maxRunSeconds }) =>
      termination !== undefined && !spot && maxRunSeconds === undefined,
    remedy: "leave it out, or state spot or maxRunSeconds: nothing else ends this machine",
    source: "https://cloud.google.com/compute/docs/instances/limit-vm-runtime",
  },
  {
    id: "protected-from-termination",
    property: "termination",
    refused: ({ termination, deletionProtection }) => termination === "delete" && deletionProtection,
    remedy: 'use "stop", or set deletionProtection to false: it would be deleted all the same',
    source: "https://cloud.google.com/compute/docs/instances/preventing-accidental-vm-deletion",
  },
  {
    id: "schedule-of-deleted",
    property: "termination",
    refused: ({ termination, schedule }) => termination === "delete" && schedule?.start !== undefined,
    remedy: 'use "stop", or leave schedule.start out: what is deleted is not started again',
    source: "https://cloud.google.com/compute/docs/instances/schedule-instance-start-stop",
  },
  {
    id: "schedule-of-local-ssds",
    property: "schedule",
    refused: (request) => request.schedule?.stop !== undefined && localSsdsOf(request) > 0,
    remedy: (request) =>
      `leave it out, or use a machine without local SSDs: a schedule cannot stop one that has ${localSsdsOf(request)}`,
    source: "https://cloud.google.com/compute/docs/disks/local-ssd#stop_instance",
  },
  {
    id: "disk-persistent",
    property: "diskType",
    refused: ({ machineType, diskType }) => isHyperdiskOnly(machineType) && diskType !== "hyperdisk-balanced",
    remedy: ({ machineType }) => `leave it out: ${machineType} has no persistent disks`,
    source: bootDiskCatalog.source,
  },
  {
    id: "disk-hyperdisk",
    property: "diskType",
    refused: ({ machineType, diskType }) =>
      isPersistentOnly(machineType) && diskType === "hyperdisk-balanced",
    remedy: ({ machineType }) => `use "pd-balanced" or "pd-ssd": ${machineType} cannot have it`,
    source: bootDiskCatalog.source,
  },
  {
    id: "local-ssds-bundled",
    property: "localSsds",
    refused: ({ machineType, localSsds }) => {
      const bundled = machineTypeOf(machineType)?.localSsds.bundled ?? 0;
      return bundled > 0 && localSsds > 0 && localSsds !== bundled;
    },
    remedy: ({ machineType }) =>
      `leave it out: ${machineType} comes with ${machineTypeOf(machineType)?.localSsds.bundled}`,
    source: "https://cloud.google.com/compute/docs/disks/local-ssd#lssd_disks_fixed",
  },
  {
    id: "local-ssds-choice",
    property: "localSsds",
    refused: ({ machineType, localSsds }) => {
      const offered = machineTypeOf(machineType)?.localSsds;
      return (
        offered !== undefined &&
        offered.bundled === 0 &&
        localSsds > 0 &&
        !offered.choices.includes(localSsds)
      );
    },
    remedy: ({ machineType }) => {
      const choices = machineTypeOf(machineType)?.localSsds.choices ?? [];
      return choices.length === 0
        ? `leave it out: ${machineType} takes none`
        : `use ${choices.join(", ")} or none: ${machineType} takes no other number`;
    },
    source: "https://cloud.google.com/compute/docs/disks/local-ssd#choose_number_local_ssds",
  },
];

/** Local SSDs that the machine has: those that come with it, or those that are asked for. */
export function localSsdsOf({
  machineType,
  localSsds,
}: Pick<GpuVirtualMachineRequest, "machineType" | "localSsds">): number {
  return machineTypeOf(machineType)?.localSsds.bundled || localSsds;
}

/** Every reason for which Google would refuse a machine with GPUs, or would do other than was meant. */
export function checkGpuVirtualMachine(request: GpuVirtualMachineRequest): Finding[] {
  const { name, framework, image, maxRunSeconds, schedule, bootDiskGiB, dataDiskGiB, localSsds } = request;
  return checkMachine(request, gpuVirtualMachineRules, [
    ...checkName("serviceAccount", "name", name),
    ...(framework === undefined
      ? []
      : checkOneOf("framework", framework, Object.keys(machineImageCatalog.deepLearning.families))),
    ...(request.termination === undefined
      ? []
      : checkOneOf("termination", request.termination, ["stop", "delete"])),
    ...(image === undefined ? [] : checkMachineImage("image", image)),
    ...(maxRunSeconds === undefined
      ? []
      : checkRange("maxRunSeconds", maxRunSeconds, machineLimits.maxRunSeconds, "seconds")),
    ...(schedule === undefined ? [] : checkSchedule("schedule", schedule)),
    ...checkRange("bootDiskGiB", bootDiskGiB, machineLimits.bootDiskGiB, "GiB"),
    ...(dataDiskGiB === undefined
      ? []
      : checkRange("dataDiskGiB", dataDiskGiB, machineLimits.diskGiB, "GiB")),
    ...checkOneOf("diskType", request.diskType, [...machineDiskTypes, "hyperdisk-balanced"]),
    ...checkWhole("localSsds", localSsds, 0),
  ]);
}

function checkSchedule(property: string, { start, stop, timeZone }: MachineSchedule): Finding[] {
  const findings = [
    ...(start === undefined ? [] : checkCron(`${property}.start`, start)),
    ...(stop === undefined ? [] : checkCron(`${property}.stop`, stop)),
    ...checkTimeZone(`${property}.timeZone`, timeZone),
  ];
  if (start === undefined && stop === undefined)
    findings.push({ property, received: { timeZone }, remedy: "state start, stop or both" });
  return findings;
}

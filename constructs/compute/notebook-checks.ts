import { Token } from "cdktf";
import { bootDiskCatalog, isHyperdiskOnly } from "../catalog/boot-disks";
import { checkOneOf } from "../catalog/choices";
import { checkCron } from "../catalog/cron";
import { checkMachineImage } from "../catalog/machine-images";
import { checkRange, type MachineDiskType, machineDiskTypes } from "../catalog/machine-limits";
import { checkName } from "../catalog/names";
import { workbenchCatalog } from "../catalog/workbench";
import type { Finding } from "../construct-error";
import { checkEmail } from "../observability/alert-channel";
import type { CombinationRule } from "./combination-rule";
import { acceleratorsOf, checkMachine, type MachineRequest, machineRules } from "./machine-checks";

/** What a notebook asks for, defaults filled in. */
export interface NotebookRequest extends MachineRequest {
  readonly name: string;
  readonly idleShutdownSeconds: number;
  readonly owner?: string;
  readonly image?: string;
  readonly containerImage?: string;
  readonly bootDiskGiB: number;
  readonly dataDiskGiB: number;
  readonly diskType: MachineDiskType;
  readonly upgradeSchedule?: string;
}

/** What cannot be had together in a notebook, beside what no machine has. */
export const notebookRules: readonly CombinationRule<NotebookRequest>[] = [
  ...machineRules,
  {
    id: "workbench-accelerator",
    property: "machineType",
    refused: (request) => {
      const accelerator = acceleratorsOf(request)?.accelerator;
      return accelerator?.startsWith("nvidia-") === true && !(accelerator in workbenchCatalog.accelerators);
    },
    remedy: (request) =>
      `Workbench takes no ${acceleratorsOf(request)?.accelerator}: use a machine with one of ${Object.keys(workbenchCatalog.accelerators).join(", ")}, or a GpuVirtualMachine`,
    source:
      "https://registry.terraform.io/providers/hashicorp/google/6.50.0/docs/resources/workbench_instance",
  },
  {
    id: "workbench-disks",
    property: "machineType",
    refused: ({ machineType }) => isHyperdiskOnly(machineType),
    remedy: ({ machineType }) =>
      `choose another, as e2-standard-4: ${machineType} has no persistent disks, and Workbench no others`,
    source: bootDiskCatalog.source,
  },
  {
    id: "one-image",
    property: "containerImage",
    refused: ({ image, containerImage }) => image !== undefined && containerImage !== undefined,
    remedy: "state it or image: a notebook runs in one of them",
    source: "https://cloud.google.com/vertex-ai/docs/workbench/instances/create-custom-container",
  },
  {
    id: "schedule-of-image",
    property: "upgradeSchedule",
    refused: ({ upgradeSchedule, containerImage }) =>
      upgradeSchedule !== undefined && containerImage !== undefined,
    remedy: "leave it out: a container image of one's own is upgraded by naming a newer one",
    source: "https://cloud.google.com/vertex-ai/docs/workbench/instances/upgrade",
  },
  {
    id: "schedule-of-days",
    property: "upgradeSchedule",
    refused: ({ upgradeSchedule }) => upgradeSchedule !== undefined && isDaily(upgradeSchedule),
    remedy: 'state a day of the week or of the month, as "0 19 * * MON": Workbench upgrades no more often',
    source: "https://cloud.google.com/vertex-ai/docs/workbench/instances/manage-metadata",
  },
  {
    id: "idle-alert-before-shutdown",
    property: "gpuIdleSeconds",
    refused: ({ gpuIdleSeconds, idleShutdownSeconds }) =>
      gpuIdleSeconds !== undefined && gpuIdleSeconds >= idleShutdownSeconds,
    remedy: ({ idleShutdownSeconds }) =>
      `use less than idleShutdownSeconds, which is ${idleShutdownSeconds}: a notebook that is shut down reports nothing`,
    source: "https://cloud.google.com/vertex-ai/docs/workbench/instances/idle-shutdown",
  },
];

function isDaily(schedule: string): boolean {
  const [, , ofMonth, , ofWeek] = schedule.trim().split(/\s+/);
  return !Token.isUnresolved(schedule) && ofMonth === "*" && ofWeek === "*";
}

/** Every reason for which Google would refuse a notebook, or would do other than was meant. */
export function checkNotebook(request: NotebookRequest): Finding[] {
  const { name, idleShutdownSeconds, owner, image, containerImage, upgradeSchedule } = request;
  return checkMachine(request, notebookRules, [
    ...checkName("serviceAccount", "name", name),
    ...checkRange(
      "idleShutdownSeconds",
      idleShutdownSeconds,
      workbenchCatalog.idleShutdownSeconds,
      "seconds",
    ),
    ...(owner === undefined ? [] : checkEmail("owner", owner)),
    ...(image === undefined ? [] : checkMachineImage("image", image)),
    ...(containerImage === undefined ? [] : checkName("image", "containerImage", containerImage)),
    ...checkRange("bootDiskGiB", request.bootDiskGiB, workbenchCatalog.bootDiskGiB, "GiB"),
    ...checkRange("dataDiskGiB", request.dataDiskGiB, workbenchCatalog.dataDiskGiB, "GiB"),
    ...checkOneOf("diskType", request.diskType, machineDiskTypes),
    ...(upgradeSchedule === undefined ? [] : checkCron("upgradeSchedule", upgradeSchedule)),
  ]);
}

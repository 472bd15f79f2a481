import { Token } from "cdktf";
import { checkpointVariables } from "../../trainer/src/checkpoint-config";
import { checkCron, checkTimeZone } from "../catalog/cron";
import {
  type AcceleratorCount,
  checkKnownMachine,
  countsOf,
  type MachineType,
  machineType,
} from "../catalog/machine-types";
import { checkName } from "../catalog/names";
import { vertexTrainingCatalog } from "../catalog/vertex-training";
import { checkWhole } from "../catalog/whole-numbers";
import type { Finding } from "../construct-error";
import { checkVariables } from "./environment-variables";
import type { VertexCapacity } from "./scheduled-training";

/** What scheduled training asks for, defaults filled in. */
export interface ScheduledTrainingRequest {
  readonly name: string;
  readonly project: string;
  readonly schedule: string;
  readonly timeZone: string;
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly machineType: string;
  readonly accelerator?: AcceleratorCount;
  readonly nodes: number;
  readonly bootDiskGiB: number;
  readonly checkpointEverySeconds: number;
  readonly capacity: VertexCapacity;
  readonly timeoutHours: number;
  readonly waitHours: number;
  readonly statesWait: boolean;
}

/** What is appended to the name of the account that starts jobs. */
const SUFFIX = "-cron";

/** Every reason for which Cloud Scheduler or Vertex AI would refuse. */
export function checkScheduledTraining(request: ScheduledTrainingRequest): Finding[] {
  const { name, capacity, statesWait, waitHours } = request;
  const { timeoutHoursMax, waitHoursMax } = vertexTrainingCatalog;
  const named = checkName("serviceAccount", "name", name);
  return [
    ...named,
    ...(named.length === 0 && !Token.isUnresolved(name) && name.length > 30 - SUFFIX.length
      ? [{ property: "name", received: name, remedy: `use at most ${30 - SUFFIX.length} characters` }]
      : []),
    ...checkName("project", "project", request.project),
    ...checkCron("schedule", request.schedule),
    ...checkTimeZone("timeZone", request.timeZone),
    ...checkName("image", "image", request.image),
    ...checkVariables(request.env, Object.values(checkpointVariables)),
    ...checkMachine(request),
    ...checkWhole("nodes", request.nodes, 1, 1_000),
    ...checkWhole("bootDiskGiB", request.bootDiskGiB, 100, 64_000),
    ...checkWhole("checkpointEverySeconds", request.checkpointEverySeconds, 1, 86_400),
    ...checkWhole("timeoutHours", request.timeoutHours, 1, timeoutHoursMax),
    ...checkWhole("waitHours", waitHours, 1, waitHoursMax),
    ...(capacity === "standard" && statesWait
      ? [
          {
            property: "waitHours",
            received: waitHours,
            remedy:
              'leave it out, or ask for capacity "spot" or "flex-start": standard machines are there or are not',
          },
        ]
      : []),
  ];
}

function checkMachine({ machineType: received, accelerator }: ScheduledTrainingRequest): Finding[] {
  const machine = machineType(received);
  if (machine === undefined) return checkKnownMachine("machineType", received);
  if (accelerator === undefined) return [];
  if (vertexTrainingCatalog.acceleratorTypes[accelerator.accelerator] === undefined)
    return [
      {
        property: "machineType",
        received,
        remedy: `use one without ${accelerator.accelerator}, or a TrainingJob: Vertex AI's custom jobs are offered with GPUs here`,
      },
    ];
  return checkAttached(machine, accelerator);
}

function checkAttached(machine: MachineType, accelerator: AcceleratorCount): Finding[] {
  const { attached, attachable } = machine;
  if (countsOf(machine, accelerator.accelerator).includes(accelerator.count)) return [];
  const choices = attachable.map((one) => `${one.counts.join(", ")} ${one.accelerator}`).join("; ");
  const remedy = attached
    ? `leave it out: ${attached.count} ${attached.accelerator} come with ${machine.name}`
    : `use one of ${choices || "none"} with ${machine.name}`;
  return [{ property: "accelerator", received: accelerator, remedy }];
}

import { acceleratorFacts, findZones } from "../catalog/accelerators";
import { gkeJobCatalog } from "../catalog/gke-jobs";
import { checkKnownMachine, machineType } from "../catalog/machine-types";
import { checkName } from "../catalog/names";
import { nodePoolCatalog, provisioningsOf } from "../catalog/node-pools";
import { checkWhole } from "../catalog/whole-numbers";
import { checkReservation } from "../compute/reservation";
import type { Finding } from "../construct-error";
import type { CapacitySource } from "./capacity-fallback";

/** What a compute class asks for, defaults filled in. */
export interface CapacityFallbackRequest {
  readonly name: string;
  readonly machineType: string;
  readonly sources: readonly CapacitySource[];
  readonly reservation?: string;
  readonly zones: readonly string[];
  readonly clusterZones: readonly string[];
  readonly flexStartRunSeconds: number;
  readonly idleMinutes: number;
}

const { flexStartRunSeconds } = nodePoolCatalog;

/** Every reason for which GKE would find no node for a compute class. */
export function checkCapacityFallback(request: CapacityFallbackRequest): Finding[] {
  return [
    ...checkName("kubernetesNamespace", "name", request.name),
    ...(request.name.length > 47
      ? [{ property: "name", received: request.name, remedy: "use at most 47 characters" }]
      : []),
    ...checkMachine(request),
    ...checkSources(request),
    ...checkZones(request),
    ...checkWhole(
      "flexStartRunSeconds",
      request.flexStartRunSeconds,
      flexStartRunSeconds.min,
      flexStartRunSeconds.max,
    ),
    ...checkWhole("idleMinutes", request.idleMinutes, 1, 1_440),
  ];
}

function checkMachine({ machineType: received }: CapacityFallbackRequest): Finding[] {
  const machine = machineType(received);
  if (machine === undefined) return checkKnownMachine("machineType", received);
  if (machine.attached === undefined || acceleratorFacts(machine.attached.accelerator).kind === "gpu")
    return [];
  const remedy = "use a machine with GPUs or with none: slices of TPUs are node pools of their own";
  return [{ property: "machineType", received, remedy }];
}

/** In which ways a machine comes. Of one that nobody knows it is said elsewhere. */
export function sourcesOf(name: string): readonly CapacitySource[] {
  return provisioningsOf(name).filter((source) => source !== "flex-start" || comesByFlexStart(name));
}

/** One with accelerators may, and few others. */
function comesByFlexStart(name: string): boolean {
  const machine = machineType(name);
  const { flexStartCpuMachines } = gkeJobCatalog;
  return (
    machine === undefined ||
    machine.attached !== undefined ||
    flexStartCpuMachines.some((prefix) => name.startsWith(prefix))
  );
}

function checkSources(request: CapacityFallbackRequest): Finding[] {
  const { sources, reservation } = request;
  const findings: Finding[] = [];
  const offered = sourcesOf(request.machineType);
  for (const source of new Set(sources))
    if (!offered.includes(source))
      findings.push({
        property: "sources",
        received: source,
        remedy: `leave it out: ${request.machineType} comes by ${offered.join(", ")} only`,
      });
  if (sources.length === 0)
    findings.push({
      property: "sources",
      received: sources,
      remedy:
        offered.join() === "reservation"
          ? `name a reservation: ${request.machineType} comes by no other way`
          : "state at least one",
    });
  for (const source of sources.filter((one, index) => sources.indexOf(one) < index))
    findings.push({ property: "sources", received: source, remedy: "state it once" });
  if (sources.includes("reservation") && reservation === undefined)
    findings.push({
      property: "reservation",
      received: reservation,
      remedy: "name it, or leave it out of sources",
    });
  if (!sources.includes("reservation") && reservation !== undefined)
    findings.push({
      property: "reservation",
      received: reservation,
      remedy: "leave it out, or add it to sources",
    });
  if (reservation !== undefined) findings.push(...checkReservation("reservation", reservation));
  return findings;
}

function checkZones({ zones, clusterZones, machineType: name }: CapacityFallbackRequest): Finding[] {
  if (zones.length === 0) return [{ property: "zones", received: zones, remedy: "state at least one" }];
  const foreign = zones.filter((zone) => !clusterZones.includes(zone));
  if (foreign.length > 0)
    return foreign.map((received) => ({
      property: "zones",
      received,
      remedy: `use zones of the cluster: ${clusterZones.join(", ")}`,
    }));
  const accelerator = machineType(name)?.attached?.accelerator;
  if (accelerator === undefined) return [];
  const offering = findZones(accelerator);
  if (zones.some((zone) => offering.includes(zone))) return [];
  const remedy = `use zones that offer ${accelerator}: ${offering.join(", ")}`;
  return [{ property: "zones", received: zones, remedy }];
}

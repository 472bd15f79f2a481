import { type Accelerator, acceleratorFacts, isAccelerator } from "../catalog/accelerators";
import { machineType, zonesOfMachine } from "../catalog/machine-types";
import { distanceKm } from "../catalog/region-locations";
import type { PoolRequest } from "./pool-request";

type Offered = Pick<PoolRequest, "machineType" | "accelerator">;

/** All zones that offer a machine and what is attached to it; nothing for a machine that is not in the catalog. */
export function zonesOffering({ machineType: name, accelerator }: Offered): readonly string[] | undefined {
  const machine = machineType(name);
  if (machine === undefined) return undefined;
  const zones = zonesOfMachine(machine);
  return accelerator === undefined ? zones : zones.filter((zone) => offers(accelerator, zone));
}

function offers(accelerator: Accelerator, zone: string): boolean {
  return !isAccelerator(accelerator) || acceleratorFacts(accelerator).zones.includes(zone);
}

/** Zones by how far they lie from another, nearest first. */
export function byDistance(zones: readonly string[], from: string): readonly string[] {
  return zones
    .map((zone) => ({ zone, km: distanceKm(from, zone) ?? Number.POSITIVE_INFINITY }))
    .sort((one, other) => one.km - other.km || one.zone.localeCompare(other.zone))
    .map(({ zone }) => zone);
}

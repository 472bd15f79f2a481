import { type Accelerator, acceleratorFacts, isAccelerator, regionOf } from "../catalog/accelerators";
import { machineType, zonesOfMachine } from "../catalog/machine-types";
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

/** The zones nearest to a region: its own, then those on its side of the continent, then those on the continent. */
export function nearestZones(zones: readonly string[], region: string): readonly string[] {
  return zones
    .map((zone, index) => ({ zone, index, distance: distance(regionOf(zone), region) }))
    .sort((one, other) => one.distance - other.distance || one.index - other.index)
    .map(({ zone }) => zone);
}

/** Regions are named as `europe-west4`: where nothing but the number differs, little lies between. */
function distance(one: string, other: string): number {
  if (one === other) return 0;
  if (one.replace(/\d+$/, "") === other.replace(/\d+$/, "")) return 1;
  return one.split("-")[0] === other.split("-")[0] ? 2 : 3;
}

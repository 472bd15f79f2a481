import { Token } from "cdktf";
import { regionOf } from "../catalog/accelerators";
import { machineType, zonesOfMachine } from "../catalog/machine-types";
import type { Finding } from "../construct-error";
import type { PoolRequest } from "./pool-request";

/**
 * Findings on zones that do not offer a machine, or lie outside of the cluster's region. None on a machine of which
 * nothing is known, nor on zones that are known only at apply.
 */
export function checkMachineZones(
  { machineType: name, zones, cluster }: Pick<PoolRequest, "machineType" | "zones" | "cluster">,
  region: string,
): Finding[] {
  const machine = machineType(name);
  if (machine === undefined || [region, ...zones, ...cluster.zones].some(Token.isUnresolved)) return [];
  const offering = zonesOfMachine(machine);
  const ofRegion = offering.filter((zone) => regionOf(zone) === region);
  // No zone at all is what is left of the cluster's where none was stated.
  const refused = zones.filter((zone) => !ofRegion.includes(zone));
  if (zones.length > 0 && refused.length === 0) return [];
  return [
    {
      property: "zones",
      received: zones.length === 0 ? cluster.zones : refused,
      remedy:
        ofRegion.length > 0
          ? `${name} is offered in ${ofRegion.join(", ")}`
          : `${name} is not offered in ${region}; ${nearest(region, offering)}`,
    },
  ];
}

function nearest(region: string, offering: readonly string[]): string {
  if (offering.length === 0) return "no zone is known that offers it";
  // Google names regions by where they lie, from the continent on.
  const [first] = [...offering].sort(
    (one, other) => commonStart(region, other) - commonStart(region, one) || one.localeCompare(other),
  );
  return `nearest: ${first}, with a cluster of ${regionOf(first)}`;
}

function commonStart(one: string, other: string): number {
  const differs = [...one].findIndex((letter, index) => letter !== other[index]);
  return differs < 0 ? one.length : differs;
}

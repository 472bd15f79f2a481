import type { Accelerator } from "../catalog/accelerators";
import { countsOffered } from "../catalog/machine-types";
import { tpuGeneration } from "../catalog/tpu-topologies";
import { tpuSlices } from "../compute/tpu-slice";
import { type AcceleratorOffer, acceleratorOffers } from "./accelerator-offers";

/** Machines of one type that compute one model together. */
export interface AcceleratorGroup extends AcceleratorOffer {
  readonly machines: number;
  /** Shape of the slice, of TPUs. */
  readonly topology?: string;
}

/** A machine with each number of an accelerator that there is, the cheapest; of TPUs each slice. */
export function acceleratorGroups(accelerator: Accelerator, region?: string): readonly AcceleratorGroup[] {
  const offers = countsOffered(accelerator).map((count) => acceleratorOffers(accelerator, count, region));
  const generation = tpuGeneration(accelerator);
  if (generation === undefined)
    return offers.flatMap(([cheapest]) => (cheapest === undefined ? [] : [{ ...cheapest, machines: 1 }]));
  const byMachine = new Map(offers.flat().map((offer) => [offer.machineType, offer]));
  return tpuSlices(generation.accelerator).flatMap(({ machineType, nodes, topology }) => {
    const offer = byMachine.get(machineType);
    return offer === undefined ? [] : [{ ...offer, machines: nodes, topology }];
  });
}

/** List price of all of its machines by the hour; infinite where the catalog has none. */
export function priceOf({ machines, usdPerHour, usdPerHourElsewhere }: AcceleratorGroup): number {
  return machines * (usdPerHour ?? usdPerHourElsewhere ?? Number.POSITIVE_INFINITY);
}

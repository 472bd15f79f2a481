import type { Accelerator } from "../catalog/accelerators";
import { countsOf, type MachineType, machineTypes } from "../catalog/machine-types";
import { zonesOffering } from "./pool-zones";

/** What keeps a GPU busy, of a machine that GPUs are added to. */
const perGpu = { vcpus: 4, memoryGiB: 15 };

/** Machines that can have an accelerator, in so many where that is stated, smallest first. */
export function machinesWith(accelerator: Accelerator, count?: number): readonly MachineType[] {
  return machineTypes()
    .filter((machine) => {
      const counts = countsOf(machine, accelerator);
      return count === undefined ? counts.length > 0 : counts.includes(count);
    })
    .sort(
      (one, other) =>
        one.vcpus - other.vcpus || one.memoryGiB - other.memoryGiB || other.egressGbps - one.egressGbps,
    );
}

/**
 * The smallest machine with so many of an accelerator, of those that one of some zones offers; of those that any can be
 * added to, the smallest that keeps them busy. Where there is none, one that is nearest to it, so that all else can
 * still be judged.
 */
export function gpuMachine(
  accelerator: Accelerator,
  perNode: number,
  zones: readonly string[],
): string | undefined {
  const machines = machinesWith(accelerator, perNode);
  const sufficient = machines.filter(
    ({ attached, vcpus, memoryGiB }) =>
      attached !== undefined || (vcpus >= perGpu.vcpus * perNode && memoryGiB >= perGpu.memoryGiB * perNode),
  );
  const offered = sufficient.find(({ name }) =>
    zonesOffering({ machineType: name, accelerator })?.some((zone) => zones.includes(zone)),
  );
  return (offered ?? sufficient.at(0) ?? machines.at(-1) ?? machinesWith(accelerator).at(0))?.name;
}

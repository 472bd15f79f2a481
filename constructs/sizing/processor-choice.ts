import { type MachineType, machineTypes, zonesOfMachine } from "../catalog/machine-types";
import { regionOf } from "../catalog/regions";
import { cheaperFirst, pricesOf } from "./accelerator-offers";
import { type HardwareAdvice, placeOf, tooLarge } from "./hardware-choice";
import type { HardwareWork } from "./hardware-request";
import { memoryNeed } from "./memory-need";
import { optimisedRuntime } from "./optimised-runtimes";
import { GIB, gibibytes } from "./quantities";

/** Machines with matrix units first, since they multiply eight times as much a cycle; then by price and size. */
export function chooseProcessors(work: HardwareWork): HardwareAdvice | undefined {
  const need = Math.max(memoryNeed(work), 2 * work.modelBytes);
  const machines = machineTypes()
    .filter(({ attached, vcpus }) => attached === undefined && vcpus >= 4)
    .map((machine) => ({
      machine,
      zones: zonesIn(machine, work.region),
      prices: pricesOf(machine.name, work.region),
    }))
    .filter(({ zones }) => zones.length > 0)
    .sort(
      (one, other) =>
        vectorRank(one.machine) - vectorRank(other.machine) ||
        cheaperFirst(one.prices, other.prices) ||
        one.machine.vcpus - other.machine.vcpus,
    );
  const best = machines.find(({ machine }) => machine.memoryGiB * GIB >= need) ?? machines.at(-1);
  if (best === undefined) return undefined;
  const { machine, zones, prices } = best;
  const count = Math.max(1, Math.ceil(need / (machine.memoryGiB * GIB)));
  const units = machine.instructionSets.at(-1);
  return {
    choice: {
      kind: "cpu",
      count: 0,
      machineType: machine.name,
      machines: count,
      zones,
      usdPerHour: prices.usdPerHour,
      where: placeOf("cpu", work, need),
      runtime: optimisedRuntime("cpu", work),
    },
    reasons: [
      `${machine.name} holds ${gibibytes(need)}${units === undefined ? "" : ` and has ${units.toUpperCase()}`}`,
    ],
    rejected: [],
    warnings: count === 1 ? [] : [tooLarge(need, machine.name, count)],
  };
}

function vectorRank({ instructionSets }: MachineType): number {
  if (instructionSets.includes("amx")) return 0;
  return instructionSets.includes("avx512") || instructionSets.includes("sve2") ? 1 : 2;
}

function zonesIn(machine: MachineType, region: string | undefined): readonly string[] {
  return zonesOfMachine(machine).filter((zone) => region === undefined || regionOf(zone) === region);
}

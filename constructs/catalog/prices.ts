import { type Dated, dataFile, once } from "./data-file";

/**
 * List price of a machine in one region: its CPUs, memory and the accelerators that come with it, without disks, local
 * SSDs among them, and without network.
 */
export interface MachinePrice extends Dated {
  readonly machineType: string;
  readonly region: string;
  readonly onDemandUsdPerHour: number;
  /** Of the day; Google changes it at most once a month. None where it is not known, or the machine cannot be Spot. */
  readonly spotUsdPerHour?: number;
}

/** The prices of one machine, as the data file has them: on demand and, where known, Spot, by region. */
export interface MachinePriceRow extends Dated {
  readonly machineType: string;
  readonly usdPerHour: Readonly<Record<string, readonly [onDemand: number, spot?: number]>>;
}

const rows = dataFile<MachinePriceRow>("machine-prices");

const prices = once((): readonly MachinePrice[] =>
  rows().flatMap(({ machineType, usdPerHour, asOf, source }) =>
    Object.entries(usdPerHour).map(([region, [onDemandUsdPerHour, spotUsdPerHour]]) => ({
      machineType,
      region,
      onDemandUsdPerHour,
      ...(spotUsdPerHour === undefined ? {} : { spotUsdPerHour }),
      asOf,
      source,
    })),
  ),
);

const byMachineAndRegion = once(
  () => new Map(prices().map((price) => [`${price.machineType} ${price.region}`, price])),
);

export function machinePrices(): readonly MachinePrice[] {
  return prices();
}

/** List price of a machine in a region; nothing where the catalog has none. */
export function machinePrice(machineType: string, region: string): MachinePrice | undefined {
  return byMachineAndRegion().get(`${machineType} ${region}`);
}

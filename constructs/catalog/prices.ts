import type { Accelerator } from "./accelerators";
import { type Dated, dataFile, indexed } from "./data-file";

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

/** On demand and, where known, Spot, by region. */
export type UsdPerHour = Readonly<Record<string, readonly [onDemand: number, spot?: number]>>;

/** The prices of one machine as the data file has them, from one source: there may be another row from another. */
export interface MachinePriceRow extends Dated {
  readonly machineType: string;
  readonly usdPerHour: UsdPerHour;
}

const rows = dataFile<MachinePriceRow>("machine-prices");

export function machinePrices(): readonly MachinePrice[] {
  return rows().flatMap(({ machineType, ...row }) =>
    pricesOf(row).map((price) => ({ machineType, ...price })),
  );
}

const machineByPlace = indexed(machinePrices, ({ machineType, region }) => `${machineType} ${region}`);

/** List price of a machine in a region; nothing where the catalog has none. */
export function machinePrice(machineType: string, region: string): MachinePrice | undefined {
  return machineByPlace().get(`${machineType} ${region}`);
}

/** List price in one region of an accelerator that is added to a machine: one GPU. */
export interface AcceleratorPrice extends Dated {
  readonly accelerator: Accelerator;
  readonly region: string;
  readonly onDemandUsdPerHour: number;
  /** None where it is not known. */
  readonly spotUsdPerHour?: number;
}

/** The prices of one accelerator as the data file has them. */
export interface AcceleratorPriceRow extends Dated {
  readonly accelerator: Accelerator;
  readonly usdPerHour: UsdPerHour;
}

const acceleratorRows = dataFile<AcceleratorPriceRow>("accelerator-prices");

export function acceleratorPrices(): readonly AcceleratorPrice[] {
  return acceleratorRows().flatMap(({ accelerator, ...row }) =>
    pricesOf(row).map((price) => ({ accelerator, ...price })),
  );
}

const acceleratorByPlace = indexed(
  acceleratorPrices,
  ({ accelerator, region }) => `${accelerator} ${region}`,
);

/** List price of an accelerator that is added to a machine; nothing of one that comes with its machines. */
export function acceleratorPrice(accelerator: Accelerator, region: string): AcceleratorPrice | undefined {
  return acceleratorByPlace().get(`${accelerator} ${region}`);
}

function pricesOf({ usdPerHour, ...dated }: Dated & { readonly usdPerHour: UsdPerHour }) {
  return Object.entries(usdPerHour).map(([region, [onDemandUsdPerHour, spotUsdPerHour]]) => ({
    region,
    onDemandUsdPerHour,
    ...(spotUsdPerHour === undefined ? {} : { spotUsdPerHour }),
    ...dated,
  }));
}

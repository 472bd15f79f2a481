import type { Accelerator } from "./accelerators";
import { type Dated, dataFile, indexed, once } from "./data-file";

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
type UsdPerHour = Readonly<Record<string, readonly [onDemand: number, spot?: number]>>;

interface MachinePriceRow extends Dated {
  readonly machineType: string;
  readonly usdPerHour: UsdPerHour;
}

const rows = dataFile<MachinePriceRow>("machine-prices");

const prices = once((): readonly MachinePrice[] =>
  rows().flatMap(({ machineType, ...row }) => byRegion(row).map((price) => ({ machineType, ...price }))),
);

const byMachineAndRegion = indexed(prices, ({ machineType, region }) => `${machineType} ${region}`);

export function machinePrices(): readonly MachinePrice[] {
  return prices();
}

/** List price of a machine in a region; nothing where the catalog has none. */
export function machinePrice(machineType: string, region: string): MachinePrice | undefined {
  return byMachineAndRegion().get(`${machineType} ${region}`);
}

/** List price in one region of an accelerator that is added to a machine: one GPU. */
export interface AcceleratorPrice extends Dated {
  readonly accelerator: Accelerator;
  readonly region: string;
  readonly onDemandUsdPerHour: number;
  /** None where it is not known. */
  readonly spotUsdPerHour?: number;
}

interface AcceleratorPriceRow extends Dated {
  readonly accelerator: Accelerator;
  readonly usdPerHour: UsdPerHour;
}

const acceleratorRows = dataFile<AcceleratorPriceRow>("accelerator-prices");

const acceleratorPriceList = once((): readonly AcceleratorPrice[] =>
  acceleratorRows().flatMap(({ accelerator, ...row }) =>
    byRegion(row).map((price) => ({ accelerator, ...price })),
  ),
);

const byAcceleratorAndRegion = indexed(
  acceleratorPriceList,
  ({ accelerator, region }) => `${accelerator} ${region}`,
);

export function acceleratorPrices(): readonly AcceleratorPrice[] {
  return acceleratorPriceList();
}

/** List price of an accelerator that is added to a machine; nothing of one that comes with its machines. */
export function acceleratorPrice(accelerator: Accelerator, region: string): AcceleratorPrice | undefined {
  return byAcceleratorAndRegion().get(`${accelerator} ${region}`);
}

function byRegion({ usdPerHour, asOf, source }: Dated & { readonly usdPerHour: UsdPerHour }) {
  return Object.entries(usdPerHour).map(([region, [onDemandUsdPerHour, spotUsdPerHour]]) => ({
    region,
    onDemandUsdPerHour,
    ...(spotUsdPerHour === undefined ? {} : { spotUsdPerHour }),
    asOf,
    source,
  }));
}

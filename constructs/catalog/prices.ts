import { type Dated, dataFile } from "./data-file";

/** List price of a machine in one region, all that comes with it included, without disks and network. */
export interface MachinePrice extends Dated {
  readonly machineType: string;
  readonly region: string;
  readonly onDemandUsdPerHour: number;
  /** Of the day; Google changes it at most once a month. None where the machine cannot be Spot. */
  readonly spotUsdPerHour?: number;
}

const prices = dataFile<MachinePrice>("machine-prices");

export function machinePrices(): readonly MachinePrice[] {
  return prices();
}

/** List price of a machine in a region; nothing where the catalog has none. */
export function machinePrice(machineType: string, region: string): MachinePrice | undefined {
  return prices().find((price) => price.machineType === machineType && price.region === region);
}

import type { AcceleratorCount } from "./machine-types";
import { acceleratorPrice, machinePrice } from "./prices";

/** What an hour of a machine costs in a region, with the accelerators that are added to it. */
export interface HourlyPrice {
  readonly region: string;
  readonly onDemandUsd: number;
  /** None where it is not known. */
  readonly spotUsd?: number;
}

/** List price of a machine in a region with what is added to it; nothing where the catalog lacks a part of it. */
export function hourlyPrice(
  machineType: string,
  region: string,
  added?: AcceleratorCount,
): HourlyPrice | undefined {
  const machine = machinePrice(machineType, region);
  if (machine === undefined) return undefined;
  const { onDemandUsdPerHour: onDemandUsd, spotUsdPerHour: spotUsd } = machine;
  if (added === undefined) return { region, onDemandUsd, spotUsd };
  const each = acceleratorPrice(added.accelerator, region);
  if (each === undefined) return undefined;
  return {
    region,
    onDemandUsd: toFiveDigits(onDemandUsd + added.count * each.onDemandUsdPerHour),
    ...(spotUsd === undefined || each.spotUsdPerHour === undefined
      ? {}
      : { spotUsd: toFiveDigits(spotUsd + added.count * each.spotUsdPerHour) }),
  };
}

/** As the catalog has its prices, without what binary sums add to them. */
function toFiveDigits(usd: number): number {
  return Math.round(usd * 1e5) / 1e5;
}

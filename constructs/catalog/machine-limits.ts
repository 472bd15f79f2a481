import { Token } from "cdktf";
import type { Finding } from "../construct-error";

/** What Compute Engine accepts of a single machine. */
export const machineLimits = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/compute/docs/instances/limit-vm-runtime",

  /** Half a minute to 120 days. */
  maxRunSeconds: { min: 30, max: 10_368_000 },

  /** Of a Persistent Disk: https://cloud.google.com/compute/docs/disks/persistent-disks#disk-types */
  diskGiB: { min: 10, max: 65_536 },

  /** Google's images for deep learning are of 50 GB: https://cloud.google.com/deep-learning-vm/docs/images */
  bootDiskGiB: { min: 50, max: 65_536 },
} as const;

/** Persistent disks of a machine: of balanced cost and speed, or fast. */
export const machineDiskTypes = ["pd-balanced", "pd-ssd"] as const;

export type MachineDiskType = (typeof machineDiskTypes)[number];

/** Findings on a number outside of a range. One that is known only at apply is not judged. */
export function checkRange(
  property: string,
  received: number,
  { min, max }: { readonly min: number; readonly max: number },
  unit: string,
): Finding[] {
  if (Token.isUnresolved(received)) return [];
  if (Number.isInteger(received) && received >= min && received <= max) return [];
  return [{ property, received, remedy: `use ${min} to ${max} whole ${unit}` }];
}

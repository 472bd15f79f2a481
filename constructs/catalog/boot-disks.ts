/** Machines whose disks are Hyperdisk only, by how their names begin. */
export const bootDiskCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/compute/docs/disks/hyperdisks#machine-type-support",
  hyperdiskOnly: [
    "a3-ultragpu-",
    "a4-",
    "a4x-",
    "c4-",
    "c4a-",
    "c4d-",
    "ct6e-",
    "g4-",
    "h4d-",
    "m4-",
    "n4-",
    "n4a-",
    "n4d-",
    "tpu7x-",
    "x4-",
  ],
  /** Machines that Hyperdisk Balanced cannot be had with. */
  persistentOnly: ["a2-", "c2-", "c2d-", "e2-", "g2-", "n1-", "n2-", "n2d-", "t2a-", "t2d-"],
  /**
   * Machines that have persistent disks of flash only.
   * https://cloud.google.com/compute/docs/disks/persistent-disks#pd_machine_series_support
   */
  flashOnly: ["a3-", "c3-", "c3d-", "g2-", "h3-", "m3-", "z3-"],
  /** GiB that a node can boot from. */
  sizeGiB: { min: 10, max: 65_536 },
};

/** Whether a machine has no persistent disks, Hyperdisk in their place. */
export function isHyperdiskOnly(machineType: string): boolean {
  return bootDiskCatalog.hyperdiskOnly.some((prefix) => machineType.startsWith(prefix));
}

/** Whether a machine has persistent disks only. */
export function isPersistentOnly(machineType: string): boolean {
  return bootDiskCatalog.persistentOnly.some((prefix) => machineType.startsWith(prefix));
}

/** Whether a machine has no persistent disks that spin. */
export function isFlashOnly(machineType: string): boolean {
  return bootDiskCatalog.flashOnly.some((prefix) => machineType.startsWith(prefix));
}

/** How long a machine may be told to run, and what it can be told to do then. */
export const machineRunTimeCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/compute/docs/instances/limit-vm-runtime",

  /** Half a minute to 120 days. */
  maxRunSeconds: { min: 30, max: 10_368_000 },

  /** Of a Persistent Disk: https://cloud.google.com/compute/docs/disks/persistent-disks#disk-types */
  diskGiB: { min: 10, max: 65_536 },

  /** What Google's images for deep learning take at least: https://cloud.google.com/deep-learning-vm/docs/quickstart-cli */
  bootDiskGiBMin: 50,
} as const;

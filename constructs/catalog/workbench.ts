import { Accelerator } from "./accelerators";

/** What Workbench accepts of a notebook. */
export const workbenchCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/vertex-ai/docs/workbench/instances/idle-shutdown",

  idleShutdownSeconds: { min: 600, max: 86_400 },
  /** https://cloud.google.com/vertex-ai/docs/workbench/reference/rest/v2/projects.locations.instances */
  bootDiskGiB: { min: 150, max: 64_000 },
  dataDiskGiB: { min: 10, max: 64_000 },

  /** What the provider's own list of `accelerator_configs.type` has, by its name there. */
  accelerators: {
    [Accelerator.NVIDIA_P4]: "NVIDIA_TESLA_P4",
    [Accelerator.NVIDIA_P100]: "NVIDIA_TESLA_P100",
    [Accelerator.NVIDIA_V100]: "NVIDIA_TESLA_V100",
    [Accelerator.NVIDIA_T4]: "NVIDIA_TESLA_T4",
    [Accelerator.NVIDIA_L4]: "NVIDIA_L4",
    [Accelerator.NVIDIA_A100_40GB]: "NVIDIA_TESLA_A100",
    [Accelerator.NVIDIA_A100_80GB]: "NVIDIA_A100_80GB",
  } as Readonly<Partial<Record<Accelerator, string>>>,
} as const;

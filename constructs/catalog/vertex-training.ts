import type { Accelerator } from "./accelerators";

/** What Vertex AI's custom jobs and Cloud Scheduler accept. */
export const vertexTrainingCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/vertex-ai/docs/reference/rest/v1/MachineSpec#AcceleratorType",

  /** GPUs by Vertex AI's own names. */
  acceleratorTypes: {
    "nvidia-tesla-p4": "NVIDIA_TESLA_P4",
    "nvidia-tesla-p100": "NVIDIA_TESLA_P100",
    "nvidia-tesla-v100": "NVIDIA_TESLA_V100",
    "nvidia-tesla-t4": "NVIDIA_TESLA_T4",
    "nvidia-l4": "NVIDIA_L4",
    "nvidia-tesla-a100": "NVIDIA_TESLA_A100",
    "nvidia-a100-80gb": "NVIDIA_A100_80GB",
    "nvidia-h100-80gb": "NVIDIA_H100_80GB",
    "nvidia-h100-mega-80gb": "NVIDIA_H100_MEGA_80GB",
    "nvidia-h200-141gb": "NVIDIA_H200_141GB",
    "nvidia-b200": "NVIDIA_B200",
    "nvidia-gb200": "NVIDIA_GB200",
    "nvidia-rtx-pro-6000": "NVIDIA_RTX_PRO_6000",
  } as Readonly<Partial<Record<Accelerator, string>>>,

  /** Longest that a job may run: https://cloud.google.com/vertex-ai/docs/quotas#training */
  timeoutHoursMax: 168,

  /** Longest that a Spot or flex-start job may wait: https://cloud.google.com/vertex-ai/docs/training/schedule-jobs-dws */
  waitHoursMax: 168,
} as const;

/** Which of Google's quotas counts an accelerator. */
export interface AcceleratorQuotaId {
  readonly quotaId: string;
  /** What tells it from others that are counted under the same id, beside the region. */
  readonly dimensions?: Readonly<Record<string, string>>;
}

export interface AcceleratorQuotaRow {
  readonly onDemand: AcceleratorQuotaId;
  /** Spot, and flex-start first of all. None where no quota is known. */
  readonly spot?: AcceleratorQuotaId;
  /** Whether there is one limit per region; otherwise one for the whole project. */
  readonly perRegion: boolean;
}

/** An accelerator that has quotas of its own: all those before H100. */
function ownQuotas(name: string): AcceleratorQuotaRow {
  return {
    onDemand: { quotaId: `${name}-per-project-region` },
    spot: { quotaId: `PREEMPTIBLE-${name}-per-project-region` },
    perRegion: true,
  };
}

/** One that is counted with its family, though on demand only: Spot kept quotas of their own. */
function familyQuota(family: string, spot: string): AcceleratorQuotaRow {
  return {
    onDemand: { quotaId: "GPUS-PER-GPU-FAMILY-per-project-region", dimensions: { gpu_family: family } },
    spot: { quotaId: `PREEMPTIBLE-${spot}-per-project-region` },
    perRegion: true,
  };
}

function tpuFamilyQuota(family: string, spot: string): AcceleratorQuotaRow {
  return {
    onDemand: { quotaId: "TPUS-PER-TPU-FAMILY-per-project-region", dimensions: { tpu_family: family } },
    spot: { quotaId: `PREEMPTIBLE-${spot}-per-project-region` },
    perRegion: true,
  };
}

/**
 * Compute Engine's quotas of accelerators, by the name that a machine or a node pool asks for one by. GKE counts
 * against them too. A GPU counts as one, a TPU by its chips. The ids follow no rule that covers them all; the
 * project's own are listed by
 * `gcloud beta quotas info list --service=compute.googleapis.com --project=<id> --format="value(quotaId)"`.
 */
export const acceleratorQuotaCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/compute/resource-usage#gpu_quota",
  tpuSource: "https://cloud.google.com/kubernetes-engine/docs/how-to/tpus#ensure-quota",
  service: "compute.googleapis.com",

  accelerators: {
    "nvidia-tesla-p4": ownQuotas("NVIDIA-P4-GPUS"),
    "nvidia-tesla-p100": ownQuotas("NVIDIA-P100-GPUS"),
    "nvidia-tesla-v100": ownQuotas("NVIDIA-V100-GPUS"),
    "nvidia-tesla-t4": ownQuotas("NVIDIA-T4-GPUS"),
    "nvidia-l4": ownQuotas("NVIDIA-L4-GPUS"),
    "nvidia-tesla-a100": ownQuotas("NVIDIA-A100-GPUS"),
    "nvidia-a100-80gb": ownQuotas("NVIDIA-A100-80GB-GPUS"),
    "nvidia-h100-80gb": familyQuota("NVIDIA_H100", "NVIDIA-H100-GPUS"),
    "nvidia-h100-mega-80gb": familyQuota("NVIDIA_H100_MEGA", "NVIDIA-H100-MEGA-GPUS"),
    "nvidia-h200-141gb": familyQuota("NVIDIA_H200", "NVIDIA-H200-GPUS"),
    "nvidia-b200": familyQuota("NVIDIA_B200", "NVIDIA-B200-GPUS"),
    "nvidia-rtx-pro-6000": familyQuota("NVIDIA_RTX_PRO_6000", "NVIDIA-RTX-PRO-6000-GPUS"),
    "tpu-v5-lite-podslice": ownQuotas("TPU-LITE-PODSLICE-V5"),
    "tpu-v5p-slice": ownQuotas("TPU-V5P"),
    "tpu-v6e-slice": tpuFamilyQuota("CT6E", "TPU-V6E"),
    tpu7x: tpuFamilyQuota("tpu7x", "TPU7X"),
    /** Beyond each one's own, what all GPUs that run on demand count against, wherever they are. */
    "all-gpus": { onDemand: { quotaId: "GPUS-ALL-REGIONS-per-project" }, perRegion: false },
  } as Readonly<Record<string, AcceleratorQuotaRow>>,
};

export const acceleratorsWithQuota: readonly string[] = Object.keys(acceleratorQuotaCatalog.accelerators);

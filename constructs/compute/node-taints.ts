import type { NodeTaint } from "./pool-request";

/** Keeps away from Spot nodes what cannot bear to be stopped. Google puts a label there, and no taint. */
export const SPOT_TAINT: NodeTaint = {
  key: "cloud.google.com/gke-spot",
  value: "true",
  effect: "NoSchedule",
};

/** What GKE puts by itself on nodes with Arm processors, since most images are for others. */
export const ARM_TAINT: NodeTaint = { key: "kubernetes.io/arch", value: "arm64", effect: "NoSchedule" };

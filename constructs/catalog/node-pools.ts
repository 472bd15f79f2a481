/** What GKE and Compute Engine allow of node pools of any kind. */
export const nodePoolCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/kubernetes-engine/quotas",

  /** Nodes of one pool in one zone. */
  nodesPerZoneMax: 1_000,

  /** https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr */
  podsPerNode: { min: 8, max: 256 },

  /** https://cloud.google.com/compute/docs/instances/limit-vm-runtime */
  runSeconds: { min: 30, max: 120 * 86_400 },

  /** https://cloud.google.com/kubernetes-engine/docs/concepts/dws */
  flexStartRunSeconds: { min: 600, max: 7 * 86_400 },

  /**
   * Families that can lie close together.
   * https://cloud.google.com/compute/docs/instances/placement-policies-overview
   */
  compactFamilies: [
    "a2",
    "a3",
    "a4",
    "a4x",
    "c2",
    "c2d",
    "c3",
    "c3d",
    "c4",
    "c4a",
    "c4d",
    "g2",
    "g4",
    "h3",
    "h4d",
    "n2",
    "n2d",
  ],

  /**
   * Families whose GPUs are wired to those of other machines.
   * https://cloud.google.com/ai-hypercomputer/docs/placement-policy-and-workload-policy
   */
  domainFamilies: ["a4x"],

  /**
   * Nodes that can lie close together.
   * https://cloud.google.com/kubernetes-engine/docs/how-to/compact-placement
   */
  compactNodesMax: 1_500,
};

/** Ways to come by a machine. */
export type Provisioning = "on-demand" | "spot" | "flex-start" | "reservation";

export const provisioningSource =
  "https://cloud.google.com/compute/docs/accelerator-optimized-machines#consumption_option_availability_by_machine_type";

/** Machines that are not to be had in every way, by how their names begin. */
const provisionings: readonly { readonly prefix: string; readonly offered: readonly Provisioning[] }[] = [
  { prefix: "a4x-", offered: ["reservation"] },
  { prefix: "a4-", offered: ["spot", "flex-start", "reservation"] },
  { prefix: "a3-ultragpu-", offered: ["spot", "flex-start", "reservation"] },
  { prefix: "a3-highgpu-1g", offered: ["spot", "flex-start"] },
  { prefix: "a3-highgpu-2g", offered: ["spot", "flex-start"] },
  { prefix: "a3-highgpu-4g", offered: ["spot", "flex-start"] },
  // https://cloud.google.com/kubernetes-engine/docs/concepts/dws#requirements
  { prefix: "ct4p-", offered: ["on-demand", "spot", "reservation"] },
];

/** In which ways a machine is to be had. */
export function provisioningsOf(machineType: string): readonly Provisioning[] {
  return (
    provisionings.find(({ prefix }) => machineType.startsWith(prefix))?.offered ?? [
      "on-demand",
      "spot",
      "flex-start",
      "reservation",
    ]
  );
}

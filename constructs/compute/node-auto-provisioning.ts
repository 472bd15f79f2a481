import type { ContainerClusterClusterAutoscaling } from "@cdktf/provider-google/lib/container-cluster";
import { type Accelerator, checkAccelerator } from "../catalog/accelerators";
import { checkWhole } from "../catalog/whole-numbers";
import type { Finding } from "../construct-error";

/** What pools that GKE makes by itself may amount to, those that are declared counted in. */
export interface NodeAutoProvisioning {
  /** Most processors of all nodes together. */
  readonly vcpusMax: number;

  /** Most memory of all nodes together. */
  readonly memoryGiBMax: number;

  /**
   * Most GPUs or TPU chips of each kind. A kind that is not named is not provisioned.
   *
   * @default - no accelerators
   */
  readonly accelerators?: Readonly<Partial<Record<Accelerator, number>>>;
}

/** What decides that a node goes: a node that is nearly empty, or only one that is empty for a while. */
export type AutoscalingProfile = "optimize-utilization" | "balanced";

export interface ClusterAutoscalingSettings {
  readonly profile: AutoscalingProfile;
  readonly limits?: NodeAutoProvisioning;
  readonly zones: readonly string[];
  readonly serviceAccount: string;
  readonly diskKeyId: string;
}

/** How the cluster grows, and what the nodes are like that GKE makes by itself. */
export function clusterAutoscaling(settings: ClusterAutoscalingSettings): ContainerClusterClusterAutoscaling {
  const { profile, limits, zones, serviceAccount, diskKeyId } = settings;
  const autoscalingProfile = profile.toUpperCase().replace("-", "_");
  // Google refuses limits where nothing is provisioned.
  if (limits === undefined) return { enabled: false, autoscalingProfile };
  const { vcpusMax, memoryGiBMax, accelerators = {} } = limits;
  return {
    enabled: true,
    autoscalingProfile,
    autoProvisioningLocations: [...zones],
    resourceLimits: [
      { resourceType: "cpu", minimum: 0, maximum: vcpusMax },
      { resourceType: "memory", minimum: 0, maximum: memoryGiBMax },
      ...Object.entries(accelerators).map(([resourceType, maximum]) => ({
        resourceType,
        minimum: 0,
        maximum,
      })),
    ],
    autoProvisioningDefaults: {
      serviceAccount,
      oauthScopes: ["https://www.googleapis.com/auth/cloud-platform"],
      bootDiskKmsKey: diskKeyId,
      diskSize: 100,
      diskType: "pd-balanced",
      imageType: "COS_CONTAINERD",
      shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
      management: { autoRepair: true, autoUpgrade: true },
      upgradeSettings: { strategy: "SURGE", maxSurge: 1, maxUnavailable: 0 },
    },
  };
}

/** Findings on limits that are none. */
export function checkAutoProvisioning(property: string, limits: NodeAutoProvisioning): Finding[] {
  const { vcpusMax, memoryGiBMax, accelerators = {} } = limits;
  return [
    ...checkWhole(`${property}.vcpusMax`, vcpusMax, 1),
    ...checkWhole(`${property}.memoryGiBMax`, memoryGiBMax, 1),
    ...Object.entries(accelerators).flatMap(([accelerator, most]) => [
      ...checkAccelerator(`${property}.accelerators`, accelerator),
      ...checkWhole(`${property}.accelerators.${accelerator}`, most, 1),
    ]),
  ];
}

import type { ContainerNodePoolNodeConfig } from "@cdktf/provider-google/lib/container-node-pool";
import { ServiceAgent } from "../security/service-agent";
import type { IWorkloadIdentity } from "../security/workload-identity";
import type { ICluster } from "./cluster";

/** What may differ between the nodes of one cluster's pools. */
export interface NodeTrust {
  /** What they run as. */
  readonly identity: IWorkloadIdentity;
  /** Whether they boot signed code only. */
  readonly secureBoot: boolean;
}

/** What holds for every node of a cluster, whatever its machine. */
export function nodeConfigIn(cluster: ICluster, { identity, secureBoot }: NodeTrust) {
  return {
    imageType: "COS_CONTAINERD",
    bootDiskKmsKey: cluster.key.keyIdFor(ServiceAgent.COMPUTE),
    serviceAccount: identity.email,
    // What nodes may do is a matter of the account's roles.
    oauthScopes: ["https://www.googleapis.com/auth/cloud-platform"],
    gcfsConfig: { enabled: cluster.features.imageStreaming },
    // Where the quota is not stated beside anything else the provider turns it off, and then no container keeps to its limit.
    kubeletConfig: { cpuCfsQuota: true, insecureKubeletReadonlyPortEnabled: "FALSE" },
    metadata: { "disable-legacy-endpoints": "true" },
    shieldedInstanceConfig: { enableSecureBoot: secureBoot, enableIntegrityMonitoring: true },
    workloadMetadataConfig: { mode: "GKE_METADATA" },
  } satisfies ContainerNodePoolNodeConfig;
}

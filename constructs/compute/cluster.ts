import type { ITerraformDependable } from "cdktf";
import type { IConstruct } from "constructs";
import type { INetwork } from "../network/private-network";
import type { ISubnet } from "../network/subnet";
import type { IEncryptionKey } from "../security/encryption-key";
import type { IWorkloadIdentity } from "../security/workload-identity";

/** What a cluster offers to its pools. */
export interface ClusterFeatures {
  /** Images start before they are read whole; what preloaded images need. */
  readonly imageStreaming: boolean;
  /** Nodes can have further network interfaces, as machines with eight GPUs need for traffic between them. */
  readonly multiNetworking: boolean;
  /** Buckets can be mounted into pods. */
  readonly bucketMounts: boolean;
}

/** A GKE cluster, as node pools, jobs and endpoints refer to it. */
export interface ICluster extends IConstruct {
  /** `projects/.../locations/.../clusters/...` */
  readonly clusterId: string;
  readonly clusterName: string;
  readonly project: string;
  readonly region: string;

  /** Zones that its nodes lie in, in order of preference. */
  readonly zones: readonly string[];

  /** `https://...` of its control plane, which Google's IAM guards. */
  readonly endpoint: string;

  /** Pool that the cluster's Kubernetes accounts belong to, as the cluster reports it. */
  readonly workloadPool: string;

  readonly network: INetwork;
  readonly subnet: ISubnet;

  /** Key of its nodes' disks. */
  readonly key: IEncryptionKey;

  /** What its nodes run as, where a pool states no other. */
  readonly nodeIdentity: IWorkloadIdentity;

  readonly features: ClusterFeatures;

  /**
   * What has to exist before a pool of accelerators: the pool without any, since GKE keeps other pods away from GPUs
   * only where there is one.
   */
  readonly ready: readonly ITerraformDependable[];
}

import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { INetwork } from "../network/private-network";
import type { ISubnet } from "../network/subnet";
import type { IEncryptionKey } from "../security/encryption-key";
import type { IIdentity } from "../security/identity";
import type { IWorkloadIdentity } from "../security/workload-identity";
import type { ClusterFeatures, ICluster } from "./cluster";
import { CpuServingPool, type CpuServingPoolProps } from "./cpu-serving-pool";
import { GpuNodePool, type GpuNodePoolProps } from "./gpu-node-pool";
import { SpotTrainingPool, type SpotTrainingPoolProps } from "./spot-training-pool";
import { TpuNodePool, type TpuNodePoolProps } from "./tpu-node-pool";

/** A cluster, and what can be asked of it for somebody. */
export interface IAcceleratorCluster extends ICluster {
  /**
   * Lets an identity reach the control plane. What it can do there is up to the roles that Kubernetes' own access
   * control gives it. Returns the grant, to wait for.
   */
  grantConnect(identity: IIdentity): ITerraformDependable;

  /** Lets an identity read every object of the cluster but secrets. */
  grantView(identity: IIdentity): ITerraformDependable;

  /** Lets an identity read and change what runs in the cluster, secrets included, and not the cluster's own access control. */
  grantDeploy(identity: IIdentity): ITerraformDependable;
}

/** What a cluster offers where nothing else is asked. */
export const defaultFeatures: ClusterFeatures = {
  imageStreaming: true,
  multiNetworking: false,
  bucketMounts: true,
};

export abstract class ClusterBase extends Construct implements IAcceleratorCluster {
  abstract readonly clusterId: string;
  abstract readonly clusterName: string;
  abstract readonly project: string;
  abstract readonly region: string;
  abstract readonly zones: readonly string[];
  abstract readonly endpoint: string;
  abstract readonly workloadPool: string;
  abstract readonly network: INetwork;
  abstract readonly subnet: ISubnet;
  abstract readonly key: IEncryptionKey;
  abstract readonly nodeIdentity: IWorkloadIdentity;
  abstract readonly features: ClusterFeatures;
  abstract readonly ready: readonly ITerraformDependable[];

  grantConnect(identity: IIdentity): ITerraformDependable {
    return this.grant("Connect", identity, "roles/container.clusterViewer");
  }

  grantView(identity: IIdentity): ITerraformDependable {
    return this.grant("View", identity, "roles/container.viewer");
  }

  grantDeploy(identity: IIdentity): ITerraformDependable {
    return this.grant("Deploy", identity, "roles/container.developer");
  }

  addGpuPool(id: string, props: Omit<GpuNodePoolProps, "cluster">): GpuNodePool {
    return new GpuNodePool(this, id, { ...props, cluster: this });
  }

  addTpuPool(id: string, props: Omit<TpuNodePoolProps, "cluster">): TpuNodePool {
    return new TpuNodePool(this, id, { ...props, cluster: this });
  }

  addCpuServingPool(id: string, props: Omit<CpuServingPoolProps, "cluster">): CpuServingPool {
    return new CpuServingPool(this, id, { ...props, cluster: this });
  }

  addSpotTrainingPool(id: string, props: Omit<SpotTrainingPoolProps, "cluster">): SpotTrainingPool {
    return new SpotTrainingPool(this, id, { ...props, cluster: this });
  }

  /** A cluster has no policy of its own: a role on the project that holds for this cluster only. */
  private grant(what: string, identity: IIdentity, role: string): ITerraformDependable {
    return new ProjectIamMember(identity, `${what} ${this.node.path}`, {
      project: this.project,
      role,
      member: identity.member,
      condition: {
        title: "one cluster",
        description: `Holds for ${this.clusterName} in ${this.region}`,
        expression: `resource.name == "${this.clusterId}" || resource.name.startsWith("${this.clusterId}/")`,
      },
    });
  }
}

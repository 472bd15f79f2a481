import { DataGoogleContainerCluster } from "@cdktf/provider-google/lib/data-google-container-cluster";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { checkName } from "../catalog/names";
import { zonesOf } from "../catalog/regions";
import { ConstructError } from "../construct-error";
import type { INetwork } from "../network/private-network";
import type { ISubnet } from "../network/subnet";
import type { IEncryptionKey } from "../security/encryption-key";
import type { IWorkloadIdentity } from "../security/workload-identity";
import { checkZones } from "./accelerator-cluster-checks";
import type { ClusterFeatures } from "./cluster";
import { ClusterBase, defaultFeatures } from "./cluster-base";

export interface ImportedClusterProps {
  /** Name of the cluster in Google Cloud. */
  readonly name: string;

  readonly network: INetwork;
  readonly subnet: ISubnet;

  /** Key of its nodes' disks, in the cluster's region. */
  readonly key: IEncryptionKey;

  /** What its nodes run as. */
  readonly nodeIdentity: IWorkloadIdentity;

  /**
   * Project of the cluster.
   *
   * @default - the stack's
   */
  readonly project?: string;

  /**
   * Zones that its nodes lie in, in order of preference.
   *
   * @default - all zones of the region
   */
  readonly zones?: readonly string[];

  /**
   * What it offers to its pools.
   *
   * @default - images are streamed and buckets can be mounted, without further network interfaces
   */
  readonly features?: Partial<ClusterFeatures>;
}

/** A cluster that is managed elsewhere. */
export class ImportedCluster extends ClusterBase {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly project: string;
  readonly region: string;
  readonly zones: readonly string[];
  readonly endpoint: string;
  readonly workloadPool: string;
  readonly network: INetwork;
  readonly subnet: ISubnet;
  readonly key: IEncryptionKey;
  readonly nodeIdentity: IWorkloadIdentity;
  readonly features: ClusterFeatures;
  readonly ready: readonly ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, props: ImportedClusterProps) {
    super(scope, id);
    const { name, project, network, subnet, key, nodeIdentity, features = {} } = props;
    const { zones = zonesOf(key.location) } = props;
    ConstructError.throwIfAny(this, [
      ...checkName("cluster", "name", name),
      ...checkZones("zones", zones, key.location),
    ]);

    this.region = key.location;
    const cluster = new DataGoogleContainerCluster(this, "Resource", {
      name,
      location: this.region,
      project,
    });
    this.clusterId = cluster.id;
    this.clusterName = name;
    this.project = project ?? cluster.project;
    this.zones = zones;
    const endpoints = cluster.controlPlaneEndpointsConfig.get(0);
    this.endpoint = `https://${endpoints.dnsEndpointConfig.get(0).endpoint}`;
    this.workloadPool = cluster.workloadIdentityConfig.get(0).workloadPool;
    this.network = network;
    this.subnet = subnet;
    this.key = key;
    this.nodeIdentity = nodeIdentity;
    this.features = { ...defaultFeatures, ...features };
  }
}

import { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import {
  EncryptionKey,
  type IEncryptionKey,
  type INetwork,
  type ISubnet,
  type IWorkloadIdentity,
  PrivateNetwork,
  WorkloadIdentity,
} from "../../constructs";
import type { ClusterFeatures, ICluster } from "../../constructs/compute/cluster";

/** What differs from `someCluster`'s own. */
export interface ClusterChoices {
  readonly region?: string;
  /** Where its key and its subnet are, of a region that keys are not in. */
  readonly foundationRegion?: string;
  readonly zones?: readonly string[];
  readonly features?: Partial<ClusterFeatures>;
}

/** The pool without accelerators that a cluster has first, as far as others wait for it. */
class SystemPool extends TerraformResource {
  constructor(scope: Construct) {
    super(scope, "SystemPool", { terraformResourceType: "google_container_node_pool_stand_in" });
  }
}

class StandInCluster extends Construct implements ICluster {
  readonly clusterName = "plinth-test";
  readonly project = "some-project";
  readonly clusterId: string;
  readonly endpoint = "https://gke-test.europe-west4.gke.goog";
  readonly workloadPool = "some-project.svc.id.goog";
  readonly region: string;
  readonly zones: readonly string[];
  readonly features: ClusterFeatures;
  readonly network: INetwork;
  readonly subnet: ISubnet;
  readonly key: IEncryptionKey;
  readonly nodeIdentity: IWorkloadIdentity;
  readonly ready: readonly TerraformResource[];

  constructor(scope: Construct, choices: ClusterChoices) {
    super(scope, "Cluster");
    const { region = "europe-west4", foundationRegion = region } = choices;
    this.region = region;
    this.zones = choices.zones ?? ["a", "b", "c"].map((letter) => `${region}-${letter}`);
    this.clusterId = `projects/${this.project}/locations/${region}/clusters/${this.clusterName}`;
    this.features = { imageStreaming: true, multiNetworking: true, bucketMounts: true, ...choices.features };
    this.network = PrivateNetwork.fromName(this, "Network", {
      name: "shared",
      subnets: {
        nodes: {
          name: "nodes",
          region: foundationRegion,
          podsRangeName: "pods",
          servicesRangeName: "services",
        },
      },
    });
    this.subnet = this.network.subnet("nodes");
    this.key = EncryptionKey.fromKeyId(
      this,
      "Key",
      `projects/some-project/locations/${foundationRegion}/keyRings/data/cryptoKeys/data`,
    );
    this.nodeIdentity = WorkloadIdentity.fromEmail(
      this,
      "Nodes",
      "plinth-nodes@some-project.iam.gserviceaccount.com",
    );
    this.ready = [new SystemPool(this)];
  }
}

/** A cluster in three zones of europe-west4 that offers every feature, without being one. */
export function someCluster(scope: Construct, choices: ClusterChoices = {}): ICluster {
  return new StandInCluster(scope, choices);
}

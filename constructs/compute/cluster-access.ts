import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { ConstructError, type Finding } from "../construct-error";
import { clusterConnection } from "../kubernetes/cluster-connection";
import { AcceleratorCluster } from "./accelerator-cluster";
import type { ICluster } from "./cluster";

export interface ClusterAccessProps {
  /** Cluster that the stack's charts and objects go to. */
  readonly cluster: ICluster;

  /**
   * Whether the stack declares objects of Kubernetes by themselves too, and not charts only.
   *
   * @default false
   */
  readonly kubernetes?: boolean;
}

/**
 * Lets a stack put charts into a cluster, as whoever applies it. Its control plane is reached by its DNS name, whose
 * certificate is one that everybody trusts.
 */
export class ClusterAccess extends Construct {
  constructor(scope: Construct, id: string, props: ClusterAccessProps) {
    super(scope, id);
    const { cluster, kubernetes = false } = props;
    ConstructError.throwIfAny(this, checkClusterAccess(this, cluster));

    const { host, exec } = clusterConnection(cluster);
    new HelmProvider(this, "Helm", { kubernetes: { host, exec } });
    if (kubernetes) new KubernetesProvider(this, "Kubernetes", { host, exec: [exec] });
  }
}

function checkClusterAccess(access: ClusterAccess, cluster: ICluster): Finding[] {
  const property = "cluster";
  const stack = TerraformStack.of(access);
  const others = stack.node
    .findAll()
    .filter((construct) => construct instanceof ClusterAccess && construct !== access);
  return [
    // Terraform plans with a provider before it makes what the provider's address is known from.
    ...(cluster instanceof AcceleratorCluster && TerraformStack.of(cluster) === stack
      ? [
          {
            property,
            received: cluster.node.path,
            remedy:
              "put what runs in a cluster into another stack than the cluster: this one cannot be planned",
          },
        ]
      : []),
    ...others.map((other) => ({
      property,
      received: cluster.node.path,
      remedy: `put it into a stack of its own: ${other.node.path} says already where this stack's charts go`,
    })),
  ];
}

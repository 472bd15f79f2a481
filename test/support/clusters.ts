import type { TerraformStack } from "cdktf";
import {
  AcceleratorCluster,
  type AcceleratorClusterProps,
  EncryptionKey,
  type IAcceleratorCluster,
  type ImportedClusterProps,
  PrivateNetwork,
  WorkloadIdentity,
} from "../../constructs";

/** A cluster in a network of its own, in europe-west4. */
export function acceleratorCluster(
  stack: TerraformStack,
  props: Partial<AcceleratorClusterProps> = {},
): AcceleratorCluster {
  const key = props.key ?? new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  const network = new PrivateNetwork(stack, "Network", {
    name: "plinth-test",
    region: "europe-west4",
    cidr: "10.0.0.0/12",
    subnets: { nodes: { nodes: 250, podsPerNode: 64 }, machines: { nodes: 60 } },
  });
  return new AcceleratorCluster(stack, "Cluster", {
    name: "plinth-test",
    network,
    subnet: network.subnet("nodes"),
    key,
    ...props,
  });
}

/** A cluster that is managed elsewhere, with its network and its key. */
export function importedCluster(
  stack: TerraformStack,
  props: Partial<ImportedClusterProps> = {},
): IAcceleratorCluster {
  const network = PrivateNetwork.fromName(stack, "Network", {
    name: "shared",
    subnets: { nodes: { name: "nodes", region: "europe-west4" } },
  });
  return AcceleratorCluster.fromName(stack, "Cluster", {
    name: "platform",
    network,
    subnet: network.subnet("nodes"),
    key: EncryptionKey.fromKeyId(
      stack,
      "Key",
      "projects/acme-security/locations/europe-west4/keyRings/central/cryptoKeys/platform",
    ),
    nodeIdentity: WorkloadIdentity.fromEmail(
      stack,
      "Nodes",
      "platform-nodes@acme-ml-dev.iam.gserviceaccount.com",
    ),
    ...props,
  });
}

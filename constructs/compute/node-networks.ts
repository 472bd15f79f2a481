import type { Finding } from "../construct-error";
import type { INetwork } from "../network/private-network";
import type { ISubnet } from "../network/subnet";
import type { ICluster } from "./cluster";

/** A further network that nodes have an interface in. */
export interface NodeNetwork {
  readonly network: INetwork;
  readonly subnet: ISubnet;
}

/** Findings on further networks that a node cannot have an interface in. */
export function checkNodeNetworks(
  property: string,
  networks: readonly NodeNetwork[],
  cluster: ICluster,
): Finding[] {
  const names = networks.map(({ subnet }) => subnet.subnetName);
  const own = networks.filter(({ network }) => network.networkId === cluster.network.networkId);
  const elsewhere = networks.filter(({ subnet }) => subnet.region !== cluster.region);
  const repeated = networks.filter(({ subnet }, index) => names.indexOf(subnet.subnetName) < index);
  return [
    ...own.map((each) => fault(each, "it is the cluster's own: use networks beside it")),
    ...elsewhere.map((each) => fault(each, `use a subnet in the cluster's region, ${cluster.region}`)),
    ...repeated.map((each) => fault(each, "each interface has a subnet of its own: name it once")),
  ];

  function fault({ network, subnet }: NodeNetwork, remedy: string): Finding {
    return { property, received: `${network.node.id}/${subnet.node.id}`, remedy };
  }
}

import { ComputeGlobalAddress } from "@cdktf/provider-google/lib/compute-global-address";
import { ServiceNetworkingConnection } from "@cdktf/provider-google/lib/service-networking-connection";
import { Construct } from "constructs";
import type { Ipv4Range } from "./ipv4-range";

export interface PrivateServicesProps {
  /** Name of the range. */
  readonly name: string;
  readonly networkId: string;

  /** Range that Google takes the addresses of its services from. */
  readonly range: Ipv4Range;

  readonly deletionProtection: boolean;
}

/** The peering through which a network reaches services that Google runs in networks of its own: Cloud SQL and others. */
export class PrivateServices extends Construct {
  /** The network's id, by way of the peering, so that whatever uses it waits for that. */
  readonly networkId: string;

  constructor(scope: Construct, id: string, props: PrivateServicesProps) {
    super(scope, id);
    const { name, networkId, range, deletionProtection } = props;
    const lifecycle = { preventDestroy: deletionProtection };
    const addresses = new ComputeGlobalAddress(this, "Range", {
      name,
      network: networkId,
      purpose: "VPC_PEERING",
      addressType: "INTERNAL",
      address: range.addressAt(0),
      prefixLength: range.prefix,
      lifecycle,
    });
    this.networkId = new ServiceNetworkingConnection(this, "Resource", {
      network: networkId,
      service: "servicenetworking.googleapis.com",
      reservedPeeringRanges: [addresses.name],
      lifecycle,
    }).network;
  }
}

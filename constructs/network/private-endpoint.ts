import { ComputeAddress } from "@cdktf/provider-google/lib/compute-address";
import { ComputeForwardingRule } from "@cdktf/provider-google/lib/compute-forwarding-rule";
import { ComputeGlobalAddress } from "@cdktf/provider-google/lib/compute-global-address";
import { ComputeGlobalForwardingRule } from "@cdktf/provider-google/lib/compute-global-forwarding-rule";
import { DnsManagedZone } from "@cdktf/provider-google/lib/dns-managed-zone";
import { DnsRecordSet } from "@cdktf/provider-google/lib/dns-record-set";
import { Construct } from "constructs";
import { ConstructError } from "../construct-error";
import { type ApiBundle, checkPrivateEndpoint, isApiBundle, plannedAddress } from "./private-endpoint-checks";
import type { INetwork } from "./private-network";
import type { ISubnet } from "./subnet";

export interface PrivateEndpointProps {
  /** Name of the endpoint; for Google's APIs 1 to 20 lower-case letters and digits, since names of hosts have it in them. */
  readonly name: string;

  /** Network that the endpoint is reached from. */
  readonly network: INetwork;

  /**
   * What the endpoint leads to: a service attachment, `projects/P/regions/R/serviceAttachments/S`, or a bundle of
   * Google's APIs, `vpc-sc` for those that a perimeter can guard or `all-apis`.
   */
  readonly target: string;

  /**
   * Subnet that the address is taken from, in the region of the service attachment, which alone needs one.
   *
   * @default - none, for a bundle of Google's APIs
   */
  readonly subnet?: ISubnet;

  /**
   * The endpoint's address: in the subnet, or for Google's APIs in none. Machines of the network reach one outside of the
   * network's `cidr` only by an exception of its firewall.
   *
   * @default - one that Google chooses from the subnet; for Google's APIs the one that the network keeps for the bundle
   */
  readonly address?: string;

  /**
   * Region in which Service Directory keeps the names of an endpoint for Google's APIs. All of a network have the same.
   *
   * @default - the network's region, or the one of the network's other endpoints where it is managed elsewhere
   */
  readonly directoryRegion?: string;

  /**
   * Domain that leads to the endpoint throughout the network, as `registry.acme.example`. Settled when the endpoint is
   * made, as is whether there is one: Google replaces the endpoint otherwise.
   *
   * @default - none beside the names that the service's owner, or Google for its APIs, has set up
   */
  readonly domain?: string;

  /**
   * Whether machines in other regions reach a service attachment too.
   *
   * @default false
   */
  readonly globalAccess?: boolean;

  /**
   * Whether Terraform refuses to destroy the endpoint. What has its address has to be told when it changes.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

/** A service in another network, or Google's APIs, at an address of one's own: Private Service Connect. */
export class PrivateEndpoint extends Construct {
  readonly address: string;
  private readonly name: string;
  private readonly bundle?: ApiBundle;

  constructor(scope: Construct, id: string, props: PrivateEndpointProps) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkPrivateEndpoint(props));
    const { name, network, target, domain } = props;
    this.name = name;
    if (isApiBundle(target)) {
      this.bundle = target;
      this.address = this.leadToApis(props, target);
    } else this.address = this.leadToService(props);
    if (domain !== undefined) {
      const zone = new DnsManagedZone(this, "Zone", {
        name,
        description: `Leads ${domain} to a private endpoint`,
        dnsName: `${domain}.`,
        visibility: "private",
        privateVisibilityConfig: { networks: [{ networkUrl: network.networkId }] },
      });
      new DnsRecordSet(this, "Record", {
        managedZone: zone.name,
        name: `${domain}.`,
        type: "A",
        ttl: 300,
        rrdatas: [this.address],
      });
    }
  }

  /** The host under which one of Google's APIs is reached by way of this endpoint, for `storage` for example. */
  hostOf(api: string): string {
    if (this.bundle === undefined)
      throw new ConstructError(this, [
        {
          property: "target",
          received: api,
          remedy: 'ask an endpoint for "vpc-sc" or "all-apis": a service attachment has no APIs of Google',
        },
      ]);
    return `${api}-${this.name}.p.googleapis.com`;
  }

  private leadToApis(props: PrivateEndpointProps, bundle: ApiBundle): string {
    const { name, network, directoryRegion = network.region, deletionProtection = true } = props;
    const lifecycle = { preventDestroy: deletionProtection };
    const address = new ComputeGlobalAddress(this, "Address", {
      name,
      network: network.networkId,
      purpose: "PRIVATE_SERVICE_CONNECT",
      addressType: "INTERNAL",
      address: props.address ?? plannedAddress(network, bundle),
      lifecycle,
    });
    new ComputeGlobalForwardingRule(this, "Resource", {
      name,
      network: network.networkId,
      target: bundle,
      ipAddress: address.id,
      loadBalancingScheme: "",
      // Google's own default is in the United States.
      serviceDirectoryRegistrations:
        directoryRegion === undefined ? undefined : { serviceDirectoryRegion: directoryRegion },
      lifecycle,
    });
    return address.address;
  }

  private leadToService(props: PrivateEndpointProps): string {
    const { name, network, target, subnet, domain, globalAccess = false, deletionProtection = true } = props;
    const lifecycle = { preventDestroy: deletionProtection };
    const address = new ComputeAddress(this, "Address", {
      name,
      region: subnet?.region,
      subnetwork: subnet?.subnetId,
      addressType: "INTERNAL",
      address: props.address,
      lifecycle,
    });
    new ComputeForwardingRule(this, "Resource", {
      name,
      region: subnet?.region,
      network: network.networkId,
      target,
      ipAddress: address.id,
      loadBalancingScheme: "",
      allowPscGlobalAccess: globalAccess,
      noAutomateDnsZone: domain !== undefined,
      lifecycle,
    });
    return address.address;
  }
}

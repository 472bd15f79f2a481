import { ComputeNetwork } from "@cdktf/provider-google/lib/compute-network";
import { ComputeRoute } from "@cdktf/provider-google/lib/compute-route";
import { DataGoogleComputeNetwork } from "@cdktf/provider-google/lib/data-google-compute-network";
import { DnsPolicy } from "@cdktf/provider-google/lib/dns-policy";
import type { ITerraformDependable } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { ConstructError } from "../construct-error";
import { didYouMean } from "../suggestion";
import { type CloudNat, natRegions, RegionalNat } from "./cloud-nat";
import { Firewall, type FirewallException } from "./firewall";
import type { FlowLogs } from "./flow-logs";
import { RestrictedGoogleApis } from "./google-apis";
import { type NetworkAddresses, planNetwork, type SubnetSize } from "./network-addresses";
import { checkPrivateNetwork } from "./network-checks";
import { PrivateServices } from "./private-services";
import { ImportedSubnet, type ImportedSubnetProps, type ISubnet, PlannedSubnet } from "./subnet";

/** A VPC network, as clusters, services and endpoints refer to it. */
export interface INetwork extends IConstruct {
  /** `projects/.../global/networks/...` */
  readonly networkId: string;
  readonly networkName: string;
  readonly selfLink: string;

  /** Region of the subnets that state none, where this application makes the network. */
  readonly region?: string;

  /** The ranges and how they are used, where this application plans them. */
  readonly addresses?: NetworkAddresses;

  /** The subnet that was declared under this name. */
  subnet(name: string): ISubnet;
}

export interface SubnetProps extends SubnetSize {
  /**
   * Region of the subnet.
   *
   * @default - the network's
   */
  readonly region?: string;

  /**
   * Which connections are logged, where that differs from the network's other subnets.
   *
   * @default - as the network's
   */
  readonly flowLogs?: FlowLogs;
}

export interface PrivateNetworkProps {
  /** Name of the network. It begins the names of all that is in it. */
  readonly name: string;

  /** Region of the subnets that state none. */
  readonly region: string;

  /** Addresses that all ranges are taken from, as `10.0.0.0/12`. */
  readonly cidr: string;

  /**
   * Subnets by name. Append to them: those that are declared first keep their ranges, whereas removing or growing one
   * moves those after it unless they state theirs.
   */
  readonly subnets: Readonly<Record<string, SubnetProps>>;

  /**
   * Whether routers tell other networks of the subnets in their own region only, or of all.
   *
   * @default "regional"
   */
  readonly routing?: "regional" | "global";

  /**
   * Most bytes of a packet. For accelerators that talk to each other across machines 8896, Google's most; a change
   * takes every machine to be restarted.
   *
   * @default 1460
   */
  readonly mtu?: number;

  /**
   * Which connections are logged.
   *
   * @default - those of every subnet, in records of 5 seconds with metadata
   */
  readonly flowLogs?: FlowLogs;

  /**
   * How the internet is reached, as far as the firewall allows it, or false for no path to it at all.
   *
   * @default - NAT in each region that has a subnet
   */
  readonly nat?: CloudNat | false;

  /**
   * Traffic that the firewall lets through beside what it always does: egress within the network and to Google's APIs,
   * ingress from Google's health checks and load balancers and from the proxies of subnets for them.
   *
   * @default - nothing
   */
  readonly allow?: Readonly<Record<string, FirewallException>>;

  /**
   * TCP ports on which Google's health checks and load balancers, and the proxies of a subnet that is `forProxies`,
   * reach what runs in the network: 443, or a range as "8000-8080".
   *
   * @default - all of them; the pci-dss pack wants them named
   */
  readonly loadBalancedPorts?: readonly (number | string)[];

  /**
   * Whether SSH is let in by way of Identity-Aware Proxy.
   *
   * @default false
   */
  readonly iapSsh?: boolean;

  /**
   * Addresses for services that Google runs in networks of its own and peers with this one, Cloud SQL among them: the
   * prefix of a range, of which each service takes a /24 for each region, or the range itself.
   *
   * @default - no private services access
   */
  readonly privateServices?: number | string;

  /**
   * Whether Terraform refuses to destroy the network, its subnets, its peering and the addresses that others let in.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

export interface ImportedNetworkProps {
  /** Name of the network in Google Cloud. */
  readonly name: string;

  /**
   * Project of the network, where it is shared by another.
   *
   * @default - the stack's
   */
  readonly project?: string;

  /**
   * Subnets of the network by the name under which they are asked for.
   *
   * @default - none
   */
  readonly subnets?: Readonly<Record<string, ImportedSubnetProps>>;
}

abstract class NetworkBase extends Construct implements INetwork {
  abstract readonly networkId: string;
  abstract readonly networkName: string;
  abstract readonly selfLink: string;
  protected readonly subnets = new Map<string, ISubnet>();

  subnet(name: string): ISubnet {
    const found = this.subnets.get(name);
    if (found !== undefined) return found;
    const names = [...this.subnets.keys()];
    const remedy = `${didYouMean(name, names)}Name one of ${names.join(", ") || "those to declare first"}`;
    throw new ConstructError(this, [{ property: "subnet", received: name, remedy }]);
  }
}

/**
 * A network that nothing reaches from outside, and that reaches nothing outside but Google's APIs, until an exception is
 * named. All ranges of it are planned, so that none overlap; all connections and lookups in it are logged.
 */
export class PrivateNetwork extends NetworkBase {
  /** A network that is managed elsewhere, by a central network team for example. */
  static fromName(scope: Construct, id: string, props: ImportedNetworkProps): INetwork {
    return new ImportedNetwork(scope, id, props);
  }

  readonly networkId: string;
  readonly networkName: string;
  readonly selfLink: string;
  readonly region: string;
  readonly addresses: NetworkAddresses;
  private readonly firewall: Firewall;
  private readonly privateServices?: PrivateServices;

  constructor(scope: Construct, id: string, props: PrivateNetworkProps) {
    super(scope, id);
    const { name, region, mtu = 1_460, routing = "regional", flowLogs = {}, nat = {}, allow = {} } = props;
    const { iapSsh = false, deletionProtection = true } = props;
    ConstructError.throwIfAny(this, checkPrivateNetwork(props));
    const { addresses, findings } = planNetwork(props);
    if (addresses === undefined) throw new ConstructError(this, findings);
    this.addresses = addresses;
    this.region = region;

    const network = new ComputeNetwork(this, "Resource", {
      name,
      autoCreateSubnetworks: false,
      // Google's own default route leads to the internet; each that this network needs is declared instead.
      deleteDefaultRoutesOnCreate: true,
      routingMode: routing.toUpperCase(),
      mtu,
      networkFirewallPolicyEnforcementOrder: "AFTER_CLASSIC_FIREWALL",
      lifecycle: { preventDestroy: deletionProtection },
    });
    this.networkId = network.id;
    this.networkName = network.name;
    this.selfLink = network.selfLink;

    for (const [subnetName, planned] of addresses.subnets) {
      const subnet = props.subnets[subnetName];
      this.subnets.set(
        subnetName,
        new PlannedSubnet(this, subnetName, {
          name: `${name}-${subnetName}`,
          networkId: this.networkId,
          region: subnet.region ?? region,
          addresses: planned,
          forProxies: subnet.forProxies ?? false,
          flowLogs: { ...flowLogs, ...subnet.flowLogs },
          deletionProtection,
        }),
      );
    }
    this.firewall = new Firewall(this, "Firewall", {
      name,
      networkId: this.networkId,
      networkRanges: rangesOf(addresses),
      proxyRanges: [...addresses.subnets]
        .filter(([subnetName]) => props.subnets[subnetName].forProxies)
        .map(([, { nodes }]) => String(nodes)),
      loadBalancedPorts: props.loadBalancedPorts,
      iapSsh,
      allow,
    });
    new RestrictedGoogleApis(this, "GoogleApis", { name, networkId: this.networkId });
    new DnsPolicy(this, "DnsLogging", {
      name,
      description: "Logs every lookup",
      enableLogging: true,
      networks: [{ networkUrl: this.networkId }],
    });
    if (nat !== false) {
      new ComputeRoute(this, "InternetRoute", {
        name: `${name}-internet`,
        description: "The internet, by way of NAT and as far as the firewall allows",
        network: this.networkId,
        destRange: "0.0.0.0/0",
        nextHopGateway: "default-internet-gateway",
      });
      const nats = new Construct(this, "Nat");
      for (const natRegion of natRegions(props))
        new RegionalNat(nats, natRegion, {
          ...nat,
          name,
          networkId: this.networkId,
          region: natRegion,
          deletionProtection,
        });
    }
    if (addresses.privateServices !== undefined)
      this.privateServices = new PrivateServices(this, "PrivateServices", {
        name: `${name}-services`,
        networkId: this.networkId,
        range: addresses.privateServices,
        deletionProtection,
      });
  }

  /** Names an exception of the firewall. Returns the rule, to wait for. */
  allow(name: string, exception: FirewallException): ITerraformDependable {
    return this.firewall.allow(name, exception);
  }

  /**
   * The network's id for a service that is reached by private services access, as a Cloud SQL instance is. It comes by
   * way of the peering, so that whatever uses it waits for that.
   */
  get privateServicesNetworkId(): string {
    if (this.privateServices === undefined)
      throw new ConstructError(this, [
        { property: "privateServices", received: undefined, remedy: "state a prefix for its range, as 20" },
      ]);
    return this.privateServices.networkId;
  }
}

class ImportedNetwork extends NetworkBase {
  readonly networkId: string;
  readonly networkName: string;
  readonly selfLink: string;

  constructor(scope: Construct, id: string, props: ImportedNetworkProps) {
    super(scope, id);
    const { name, project, subnets = {} } = props;
    const network = new DataGoogleComputeNetwork(this, "Resource", { name, project });
    this.networkId = network.id;
    this.networkName = name;
    this.selfLink = network.selfLink;
    for (const [subnetName, subnet] of Object.entries(subnets))
      this.subnets.set(subnetName, new ImportedSubnet(this, subnetName, { ...subnet, project }));
  }
}

/** The space, and what was stated to lie outside of it. */
function rangesOf({ space, subnets, privateServices }: NetworkAddresses): string[] {
  const ranges = [
    ...[...subnets.values()].flatMap(({ nodes, pods, services }) => [nodes, pods, services]),
    privateServices,
  ];
  return [
    String(space),
    ...ranges.filter((range) => range !== undefined && !space.contains(range)).map(String),
  ];
}

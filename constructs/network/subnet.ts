import { ComputeSubnetwork } from "@cdktf/provider-google/lib/compute-subnetwork";
import { ComputeSubnetworkIamMember } from "@cdktf/provider-google/lib/compute-subnetwork-iam-member";
import { DataGoogleComputeSubnetwork } from "@cdktf/provider-google/lib/data-google-compute-subnetwork";
import type { ITerraformDependable } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import type { IIdentity } from "../security/identity";
import { type FlowLogs, flowLogConfig } from "./flow-logs";
import type { SubnetAddresses } from "./network-addresses";

/** Where a network's machines get their addresses in one region. */
export interface ISubnet extends IConstruct {
  /** `projects/.../regions/.../subnetworks/...` */
  readonly subnetId: string;
  readonly subnetName: string;
  readonly selfLink: string;
  readonly project: string;
  readonly region: string;

  /** Name of the secondary range that a cluster's pods get, where there is one. */
  readonly podsRangeName?: string;

  /** Name of the secondary range that a cluster's services get, where there is one. */
  readonly servicesRangeName?: string;

  /** The ranges and how much fits into them, where this application plans them. */
  readonly addresses?: SubnetAddresses;

  /** Lets an identity put machines into the subnet, from another project in particular. Returns the grant, to wait for. */
  grantUse(identity: IIdentity): ITerraformDependable;
}

export interface PlannedSubnetProps {
  readonly name: string;
  readonly networkId: string;
  readonly region: string;
  readonly addresses: SubnetAddresses;
  readonly forProxies: boolean;
  readonly flowLogs: FlowLogs;
  readonly deletionProtection: boolean;
}

export interface ImportedSubnetProps {
  /** Name of the subnet in Google Cloud. */
  readonly name: string;

  readonly region: string;

  /**
   * Name of the secondary range for a cluster's pods.
   *
   * @default - none
   */
  readonly podsRangeName?: string;

  /**
   * Name of the secondary range for a cluster's services.
   *
   * @default - none
   */
  readonly servicesRangeName?: string;
}

abstract class SubnetBase extends Construct implements ISubnet {
  abstract readonly subnetId: string;
  abstract readonly subnetName: string;
  abstract readonly selfLink: string;
  abstract readonly project: string;
  abstract readonly region: string;
  abstract readonly podsRangeName?: string;
  abstract readonly servicesRangeName?: string;

  grantUse(identity: IIdentity): ITerraformDependable {
    return new ComputeSubnetworkIamMember(identity, `Use ${this.node.path}`, {
      project: this.project,
      region: this.region,
      subnetwork: this.subnetName,
      role: "roles/compute.networkUser",
      member: identity.member,
    });
  }
}

/** A subnet of a PrivateNetwork, which plans its ranges. */
export class PlannedSubnet extends SubnetBase {
  readonly subnetId: string;
  readonly subnetName: string;
  readonly selfLink: string;
  readonly project: string;
  readonly region: string;
  readonly podsRangeName?: string;
  readonly servicesRangeName?: string;
  readonly addresses: SubnetAddresses;

  constructor(scope: Construct, id: string, props: PlannedSubnetProps) {
    super(scope, id);
    const { name, networkId, region, addresses, forProxies, flowLogs, deletionProtection } = props;
    const secondary = { pods: addresses.pods, services: addresses.services };
    const resource = new ComputeSubnetwork(this, "Resource", {
      name,
      network: networkId,
      region,
      ipCidrRange: String(addresses.nodes),
      secondaryIpRange: Object.entries(secondary)
        .filter(([, range]) => range !== undefined)
        .map(([rangeName, range]) => ({ rangeName, ipCidrRange: String(range) })),
      // Google refuses flow logs and private access where only its own proxies are.
      ...(forProxies
        ? { purpose: "REGIONAL_MANAGED_PROXY", role: "ACTIVE" }
        : {
            stackType: "IPV4_ONLY",
            privateIpGoogleAccess: true,
            logConfig: flowLogConfig(flowLogs),
            // Otherwise ranges that are no longer asked for would stay with Google, and be planned for another subnet.
            sendSecondaryIpRangeIfEmpty: true,
          }),
      lifecycle: { preventDestroy: deletionProtection },
    });
    this.subnetId = resource.id;
    this.subnetName = resource.name;
    this.selfLink = resource.selfLink;
    this.project = resource.project;
    this.region = region;
    this.addresses = addresses;
    if (addresses.pods !== undefined) this.podsRangeName = "pods";
    if (addresses.services !== undefined) this.servicesRangeName = "services";
  }
}

/** A subnet that is managed elsewhere. */
export class ImportedSubnet extends SubnetBase {
  readonly subnetId: string;
  readonly subnetName: string;
  readonly selfLink: string;
  readonly project: string;
  readonly region: string;
  readonly podsRangeName?: string;
  readonly servicesRangeName?: string;

  constructor(scope: Construct, id: string, props: ImportedSubnetProps & { readonly project?: string }) {
    super(scope, id);
    const { name, region, project, podsRangeName, servicesRangeName } = props;
    const subnet = new DataGoogleComputeSubnetwork(this, "Resource", { name, region, project });
    this.subnetId = subnet.id;
    this.subnetName = name;
    this.selfLink = subnet.selfLink;
    this.project = project ?? subnet.project;
    this.region = region;
    this.podsRangeName = podsRangeName;
    this.servicesRangeName = servicesRangeName;
  }
}

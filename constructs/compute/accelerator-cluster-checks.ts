import { Token } from "cdktf";
import { checkOneOf } from "../catalog/choices";
import { gkeCatalog } from "../catalog/gke";
import { checkName } from "../catalog/names";
import { zonesOf } from "../catalog/regions";
import { checkWhole } from "../catalog/whole-numbers";
import { type Finding, under } from "../construct-error";
import { checkIpv4Range } from "../network/ipv4-range";
import type { ISubnet } from "../network/subnet";
import type { IEncryptionKey } from "../security/encryption-key";
import { didYouMean } from "../suggestion";
import { type BackupSchedule, checkBackupSchedule } from "./cluster-backup";
import { type ClusterMaintenance, checkMaintenance } from "./cluster-maintenance";
import {
  type AutoscalingProfile,
  checkAutoProvisioning,
  type NodeAutoProvisioning,
} from "./node-auto-provisioning";
import { plannedPodsPerNode } from "./planned-pods";
import { checkSystemPool, type SystemPoolSettings } from "./system-pool";

/** How soon a version reaches a cluster after it is out. */
export type ReleaseChannel = (typeof gkeCatalog.releaseChannels)[number];

/** What a cluster asks of GKE, defaults filled in. */
export interface ClusterRequest {
  readonly name: string;
  readonly nodeAccountName: string;
  readonly key: IEncryptionKey;
  readonly subnet: ISubnet;
  readonly zones: readonly string[];
  readonly releaseChannel: ReleaseChannel;
  readonly maintenance: ClusterMaintenance;
  readonly podsPerNode: number;
  readonly systemPool: SystemPoolSettings;
  readonly autoscalingProfile: AutoscalingProfile;
  readonly nodeAutoProvisioning?: NodeAutoProvisioning;
  readonly privateEndpoint?: Readonly<Record<string, string>>;
  readonly groupsDomain?: string;
  readonly backup: BackupSchedule | false;
  readonly labels: Readonly<Record<string, string>>;
}

/** Every reason for which GKE would refuse this cluster. */
export function checkAcceleratorCluster(request: ClusterRequest): Finding[] {
  const { name, key, subnet, zones, maintenance, backup, nodeAutoProvisioning, groupsDomain } = request;
  const zoneFaults = checkZones("zones", zones, key.location);
  return [
    ...checkName("cluster", "name", name),
    ...checkNodeAccount(request),
    ...checkSubnet(subnet, key.location),
    ...zoneFaults,
    ...checkOneOf("releaseChannel", request.releaseChannel, gkeCatalog.releaseChannels),
    ...checkMaintenance(maintenance),
    ...checkPodsPerNode(request),
    // A zone that is none offers nothing.
    ...checkSystemPool("systemPool", request.systemPool, zoneFaults.length > 0 ? [] : zones),
    ...checkOneOf("autoscalingProfile", request.autoscalingProfile, ["optimize-utilization", "balanced"]),
    ...(nodeAutoProvisioning === undefined
      ? []
      : checkAutoProvisioning("nodeAutoProvisioning", nodeAutoProvisioning)),
    ...Object.entries(request.privateEndpoint ?? {}).flatMap(([range, cidr]) =>
      checkIpv4Range(`privateEndpoint.${range}`, cidr),
    ),
    ...(groupsDomain === undefined ? [] : checkName("domain", "groupsDomain", groupsDomain)),
    ...(backup === false ? [] : checkBackupSchedule(backup).map((finding) => under("backup", finding))),
    ...Object.entries(request.labels).flatMap(([label, value]) => [
      ...checkName("labelKey", "labels", label),
      ...checkName("labelValue", `labels.${label}`, value),
    ]),
  ];
}

/** Findings on zones that are none of the region's, or that are stated twice. */
export function checkZones(property: string, zones: readonly string[], region: string): Finding[] {
  const known = zonesOf(region);
  if (zones.length === 0)
    return [{ property, received: zones, remedy: `name one at least of ${known.join(", ")}` }];
  return zones.flatMap((zone, index) => {
    if (Token.isUnresolved(zone)) return [];
    if (!known.includes(zone)) {
      const remedy = `${didYouMean(zone, known)}name zones of ${region}, where the key lies: ${known.join(", ")}`;
      return [{ property, received: zone, remedy }];
    }
    return zones.indexOf(zone) < index ? [{ property, received: zone, remedy: "state it once" }] : [];
  });
}

/** The account's name follows from the cluster's, which may be longer. */
function checkNodeAccount({ name, nodeAccountName }: ClusterRequest): Finding[] {
  const faults = checkName("serviceAccount", "nodeAccountName", nodeAccountName);
  // What is wrong with the name itself is said of the name.
  return checkName("cluster", "name", name).length > 0 && nodeAccountName.startsWith(name) ? [] : faults;
}

function checkSubnet(subnet: ISubnet, region: string): Finding[] {
  const { podsRangeName, servicesRangeName, region: own } = subnet;
  return [
    ...(Token.isUnresolved(own) || own === region
      ? []
      : [
          {
            property: "subnet",
            received: own,
            remedy: `name a subnet in ${region}: the cluster runs where its key lies`,
          },
        ]),
    ...(podsRangeName !== undefined && servicesRangeName !== undefined
      ? []
      : [
          {
            property: "subnet",
            received: { podsRangeName, servicesRangeName },
            remedy:
              "plan it with podsPerNode, or name podsRangeName and servicesRangeName of one that is imported: pods and services have addresses of their own",
          },
        ]),
  ];
}

function checkPodsPerNode({ podsPerNode, subnet }: ClusterRequest): Finding[] {
  const { min, max } = gkeCatalog.podsPerNode;
  const faults = checkWhole("podsPerNode", podsPerNode, min, max);
  const planned = plannedPodsPerNode(subnet);
  if (faults.length > 0 || planned === undefined || podsPerNode <= planned) return faults;
  const remedy = `use at most ${planned}, which the subnet was planned for, or plan it with podsPerNode ${podsPerNode}`;
  return [{ property: "podsPerNode", received: podsPerNode, remedy }];
}

import { ContainerNodePool } from "@cdktf/provider-google/lib/container-node-pool";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { isHyperdiskOnly } from "../catalog/boot-disks";
import { machineType, zonesOfMachine } from "../catalog/machine-types";
import type { Finding } from "../construct-error";
import type { ICluster } from "./cluster";
import { nodeConfigIn } from "./node-config";
import type { INodePool } from "./node-pool";
import { keepPoolName } from "./pool-names";
import type { PoolScaling } from "./pool-request";

/** The pool that a cluster has from the start. */
export interface SystemPoolSettings {
  /** Machine without accelerators. */
  readonly machineType: string;

  /** Nodes of all zones together. */
  readonly autoscaling: PoolScaling;
}

export interface SystemPoolProps extends SystemPoolSettings {
  readonly cluster: ICluster;
}

const NAME = "system";
const NODES_PER_ZONE_MAX = 4;

/** One node per zone, in three zones at most, and four times as many when there is more to run. */
export function defaultSystemScaling(zones: readonly string[]): PoolScaling {
  const min = Math.max(1, Math.min(zones.length, 3));
  return { min, max: min * NODES_PER_ZONE_MAX };
}

/**
 * Nodes for what GKE itself and the platform's own controllers run, and for whatever needs no accelerator. Nothing keeps
 * pods away from it: GKE keeps them away from GPUs only where such nodes are there first.
 */
export class SystemPool extends Construct implements INodePool {
  readonly cluster: ICluster;
  readonly poolName = NAME;
  readonly machineType: string;
  readonly zones: readonly string[];
  readonly spot = false;
  readonly nodesPerSlice = 1;
  readonly nodeSelector = { "cloud.google.com/gke-nodepool": NAME };
  readonly tolerations = [];
  readonly resource: ITerraformDependable;

  constructor(scope: Construct, id: string, props: SystemPoolProps) {
    super(scope, id);
    const { cluster, machineType: machine, autoscaling } = props;
    keepPoolName(NAME, cluster, this);
    this.cluster = cluster;
    this.machineType = machine;
    this.zones = cluster.zones;
    this.resource = new ContainerNodePool(this, "Resource", {
      name: NAME,
      cluster: cluster.clusterId,
      location: cluster.region,
      nodeLocations: [...cluster.zones],
      // Of each zone, and only when the pool is made.
      initialNodeCount: 1,
      autoscaling: {
        totalMinNodeCount: autoscaling.min,
        totalMaxNodeCount: autoscaling.max,
        locationPolicy: "BALANCED",
      },
      management: { autoRepair: true, autoUpgrade: true },
      upgradeSettings: { strategy: "SURGE", maxSurge: 1, maxUnavailable: 0 },
      networkConfig: { enablePrivateNodes: true },
      nodeConfig: {
        ...nodeConfigIn(cluster, { identity: cluster.nodeIdentity, secureBoot: true }),
        machineType: machine,
        diskType: isHyperdiskOnly(machine) ? "hyperdisk-balanced" : "pd-balanced",
        diskSizeGb: 100,
      },
      timeouts: { create: "60m", update: "120m", delete: "60m" },
      lifecycle: { ignoreChanges: ["initial_node_count"] },
    });
  }
}

/** Findings on a machine or a size that the system's pool cannot have. */
export function checkSystemPool(
  property: string,
  settings: SystemPoolSettings,
  zones: readonly string[],
): Finding[] {
  return [
    ...checkMachine(`${property}.machineType`, settings.machineType, zones),
    ...checkScaling(`${property}.autoscaling`, settings.autoscaling, zones),
  ];
}

function checkMachine(property: string, name: string, zones: readonly string[]): Finding[] {
  const machine = machineType(name);
  if (machine === undefined)
    return [{ property, received: name, remedy: "name one of the catalog, as e2-standard-4" }];
  if (machine.attached !== undefined) {
    const remedy = "name one without accelerators: what runs here must not wait for them, nor pay for them";
    return [{ property, received: name, remedy }];
  }
  const offering = zonesOfMachine(machine);
  const lacking = zones.filter((zone) => !offering.includes(zone));
  if (lacking.length === 0) return [];
  const remedy = `name another, or other zones: ${lacking.join(", ")} does not offer it`;
  return [{ property, received: name, remedy }];
}

function checkScaling(property: string, { min, max }: PoolScaling, zones: readonly string[]): Finding[] {
  const faults = Object.entries({ min, max })
    .filter(([, nodes]) => !Number.isInteger(nodes) || nodes < 1)
    .map(([end, nodes]) => ({
      property: `${property}.${end}`,
      received: nodes,
      remedy: "use a whole number from 1: the cluster's own pods need a node",
    }));
  if (faults.length > 0) return faults;
  if (min > max)
    return [{ property: `${property}.min`, received: min, remedy: `use at most max, which is ${max}` }];
  if (max >= zones.length) return [];
  const remedy = `use at least ${zones.length}, or fewer zones: the pool begins with a node in each`;
  return [{ property: `${property}.max`, received: max, remedy }];
}

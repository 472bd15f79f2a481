import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { gkeJobCatalog } from "../catalog/gke-jobs";
import { type AcceleratorCount, machineType } from "../catalog/machine-types";
import { nodePoolCatalog } from "../catalog/node-pools";
import type { ICluster } from "../compute/cluster";
import type { Toleration } from "../compute/node-pool";
import { reservationParts } from "../compute/reservation";
import { ConstructError } from "../construct-error";
import type { KubernetesObject } from "../kubernetes/kubernetes-object";
import { RenderedChart } from "../kubernetes/rendered-chart";
import { ServiceAgent } from "../security/service-agent";
import { checkCapacityFallback, sourcesOf } from "./capacity-fallback-checks";
import type { ITrainingCapacity } from "./training-capacity";

/** A way to come by machines. */
export type CapacitySource = "reservation" | "on-demand" | "flex-start" | "spot";

export interface CapacityFallbackProps {
  readonly cluster: ICluster;

  /** Name of the compute class. */
  readonly name: string;

  /** Machine of each node, with the GPUs that come with it. */
  readonly machineType: string;

  /**
   * Where machines come from, the preferred first: the next is tried where there are none.
   *
   * @default - the reservation where one is named, then "on-demand", "flex-start", "spot", as far as the machine comes so
   */
  readonly sources?: readonly CapacitySource[];

  /**
   * Reservation that machines come from: its name, or `projects/P/reservations/R` where another project shares it.
   *
   * @default - none
   */
  readonly reservation?: string;

  /**
   * Zones to look in.
   *
   * @default - the cluster's
   */
  readonly zones?: readonly string[];

  /**
   * Time after which a node that came by flex-start is taken away: at most seven days.
   *
   * @default 604800
   */
  readonly flexStartRunSeconds?: number;

  /**
   * Time that a node without work stays.
   *
   * @default 10
   */
  readonly idleMinutes?: number;

  /**
   * Version of the GPUs' driver: that of GKE's version, or the latest that it has.
   *
   * @default "default"
   */
  readonly driverVersion?: "default" | "latest";
}

/**
 * Nodes for training from wherever they can be had: a compute class, for which GKE makes node pools as jobs ask for it, and
 * takes them away after. Jobs stay where they are when better nodes come, since to move is to start again.
 */
export class CapacityFallback extends Construct implements ITrainingCapacity {
  readonly cluster: ICluster;
  readonly machineType: string;

  /** Whether a node may be a Spot one, and so what a job has to reckon with. */
  readonly spot: boolean;

  readonly accelerator?: AcceleratorCount;
  readonly acceleratorResource?: string;
  readonly nodesPerSlice = 1;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[] = [];
  readonly resource: ITerraformDependable;

  constructor(scope: Construct, id: string, props: CapacityFallbackProps) {
    super(scope, id);
    const { cluster, name, reservation, zones = cluster.zones, driverVersion = "default" } = props;
    const { flexStartRunSeconds = nodePoolCatalog.flexStartRunSeconds.max, idleMinutes = 10 } = props;
    const offered = sourcesOf(props.machineType);
    const sources = props.sources ?? [
      ...(reservation === undefined ? [] : (["reservation"] as const)),
      ...(["on-demand", "flex-start", "spot"] as const).filter((source) => offered.includes(source)),
    ];
    ConstructError.throwIfAny(
      this,
      checkCapacityFallback({
        name,
        machineType: props.machineType,
        sources,
        reservation,
        zones,
        clusterZones: cluster.zones,
        flexStartRunSeconds,
        idleMinutes,
      }),
    );
    this.cluster = cluster;
    this.machineType = props.machineType;
    this.spot = sources.includes("spot");
    this.accelerator = machineType(props.machineType)?.attached;
    this.acceleratorResource = this.accelerator && "nvidia.com/gpu";
    this.nodeSelector = { [gkeJobCatalog.computeClassLabel]: name };

    const machine = {
      machineType: props.machineType,
      gpu: this.accelerator && {
        type: this.accelerator.accelerator,
        count: this.accelerator.count,
        driverVersion,
      },
      storage: { bootDiskKMSKey: cluster.key.keyIdFor(ServiceAgent.COMPUTE) },
    };
    const location = { zones: [...zones], locationPolicy: "ANY" };
    const priorities = {
      // Where a reservation lies, it says itself.
      reservation: () => ({
        ...machine,
        spot: false,
        reservations: {
          affinity: "Specific",
          specific: reservation === undefined ? [] : [specificReservation(reservation)],
        },
      }),
      "on-demand": () => ({ ...machine, location, spot: false }),
      "flex-start": () => ({
        ...machine,
        location,
        spot: false,
        flexStart: { enabled: true },
        maxRunDurationSeconds: flexStartRunSeconds,
      }),
      spot: () => ({ ...machine, location, spot: true }),
    } as const;
    const computeClass: KubernetesObject = {
      apiVersion: "cloud.google.com/v1",
      kind: "ComputeClass",
      metadata: { name },
      spec: {
        priorities: sources.map((source) => priorities[source]()),
        // Other machines than those that were asked for are of no use.
        whenUnsatisfiable: "DoNotScaleUp",
        activeMigration: { optimizeRulePriority: false },
        autoscalingPolicy: { consolidationDelayMinutes: idleMinutes },
        nodePoolAutoCreation: { enabled: true },
        nodePoolConfig: {
          serviceAccount: cluster.nodeIdentity.email,
          imageType: "cos_containerd",
          imageStreaming: { enabled: cluster.features.imageStreaming },
          ipType: "private",
        },
      },
    };
    this.resource = new RenderedChart(this, "Chart", {
      cluster,
      release: `class-${name}`,
      // Of the release: a compute class is in none.
      namespace: "default",
      objects: [computeClass],
    }).resource;
  }
}

/** A reservation as a compute class names it: its parts apart, where a node pool takes the path. */
function specificReservation(reservation: string) {
  const { project, name, block, subBlock } = reservationParts(reservation);
  return {
    name,
    project,
    reservationBlock: block && {
      name: block,
      reservationSubBlock: subBlock && { name: subBlock },
    },
  };
}

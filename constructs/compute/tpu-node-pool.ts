import type { Construct } from "constructs";
import type { TpuAccelerator } from "../catalog/tpu-topologies";
import type { CheckpointBucket } from "../storage/checkpoint-bucket";
import { ManagedNodePool } from "./managed-node-pool";
import type { NodePoolKind } from "./node-pool-kind";
import type { NodePoolProps } from "./node-pool-props";
import { poolRequest } from "./node-pool-request";
import type { PoolScaling } from "./pool-request";
import { tpuPoolRules } from "./tpu-pool-rules";
import { checkTpuSlice, findTpuSlice, type TpuSlice } from "./tpu-slice";

/** What makes it bearable that a Spot slice is taken away: what resumes it, or that there is nothing to resume. */
export type SpotTpus = { readonly checkpoints: CheckpointBucket } | "stateless";

export interface TpuNodePoolProps extends Omit<NodePoolProps, "spot"> {
  /** Generation of the TPUs. */
  readonly accelerator: TpuAccelerator;

  /** Chips along each axis of a slice: `2x4`, `4x4`, `2x2x4`. */
  readonly topology: string;

  /**
   * Chips of one machine, where a shape is made of several kinds: v5e's `2x4` of one machine with 8 or of two with 4.
   *
   * @default - as many as make the slice of the fewest machines
   */
  readonly chipsPerNode?: number;

  /**
   * Zones that the nodes lie in: one of them for a slice of several machines.
   *
   * @default - those of the cluster's zones that offer the machine, the first of them for a slice of several machines
   */
  readonly zones?: readonly string[];

  /**
   * Nodes of all zones together: those of the slice where it has several, any number where each is a slice.
   *
   * @default - as `autoscaling` says
   */
  readonly nodes?: number;

  /**
   * Fewest and most nodes. A slice of several comes and goes as one.
   *
   * @default - from none to one slice, unless `nodes` is stated
   */
  readonly autoscaling?: PoolScaling;

  /**
   * Makes the nodes Spot: they cost less, and can be taken away at any moment after half a minute's notice, a slice of
   * several as a whole. What trains there needs checkpoints; what keeps no state says so.
   *
   * @default - not Spot
   */
  readonly spot?: SpotTpus;

  /**
   * Reservation that the nodes come from: its name, or `projects/P/reservations/R` where another project shares it. There
   * has to be one of that name in each of the pool's zones.
   *
   * @default - none
   */
  readonly reservation?: string;

  /**
   * Whether nodes come when there is free capacity, and stay for up to seven days.
   *
   * @default false
   */
  readonly flexStart?: boolean;

  /**
   * Whether all nodes of a workload are waited for and then come at once, through a provisioning request. It is a way of
   * flexStart.
   *
   * @default false
   */
  readonly queuedProvisioning?: boolean;

  /**
   * Longest time that a node runs.
   *
   * @default - as long as it is needed; seven days with flexStart
   */
  readonly maxRunSeconds?: number;
}

/**
 * Nodes with TPUs. A pool of a shape that one machine has holds any number of slices; one of a larger shape is itself
 * one slice, whose machines GKE makes, repairs and removes together.
 */
export class TpuNodePool extends ManagedNodePool {
  readonly slice: TpuSlice;

  /** Where what trains on Spot nodes resumes from. */
  readonly checkpoints?: CheckpointBucket;

  constructor(scope: Construct, id: string, props: TpuNodePoolProps) {
    const slice = findTpuSlice(props);
    super(scope, id, { ...props, spot: props.spot !== undefined }, tpuPoolKind(id, props, slice));
    // What does not exist has been refused by now.
    this.slice = slice as TpuSlice;
    if (typeof props.spot === "object") this.checkpoints = props.spot.checkpoints;
  }
}

function tpuPoolKind(id: string, props: TpuNodePoolProps, slice: TpuSlice | undefined): NodePoolKind {
  const { accelerator, topology, nodes, spot, flexStart = false, queuedProvisioning = false } = props;
  const { machineType = "", chipsPerNode, nodes: sliceNodes = 1 } = slice ?? {};
  const isMultiHost = sliceNodes > 1;
  const request = poolRequest(
    id,
    {
      ...props,
      spot: spot !== undefined,
      autoscaling: props.autoscaling ?? (nodes === undefined ? { min: 0, max: sliceNodes } : undefined),
    },
    {
      kind: "tpu",
      machineType,
      accelerator,
      perNode: chipsPerNode,
      tpuTopology: slice === undefined ? undefined : topology,
      reservation: props.reservation,
      flexStart,
      queuedProvisioning,
      maxRunSeconds: props.maxRunSeconds,
    },
  );
  const zones = isMultiHost && props.zones === undefined ? request.zones.slice(0, 1) : request.zones;
  return {
    request: { ...request, zones },
    rules: tpuPoolRules,
    findings: checkTpuSlice(props),
    acceleratorResource: "google.com/tpu",
    nodeSelector: {
      "cloud.google.com/gke-tpu-accelerator": accelerator,
      "cloud.google.com/gke-tpu-topology": topology,
    },
    nodesPerSlice: sliceNodes,
    sliceTopology: isMultiHost ? topology : undefined,
  };
}

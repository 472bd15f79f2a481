import type { Construct } from "constructs";
import { type GpuPoolProps, gpuPool } from "./gpu-pool";
import { ManagedNodePool } from "./managed-node-pool";

export interface GpuNodePoolProps extends GpuPoolProps {
  /**
   * Whether nodes are waited for: Google gives them for up to seven days, for less, once it has all of them.
   *
   * @default - whether `queuedProvisioning` is
   */
  readonly flexStart?: boolean;

  /**
   * Whether a job's nodes come all at once, when its request has reached the front of the queue, and go with it.
   *
   * @default false
   */
  readonly queuedProvisioning?: boolean;

  /**
   * Reservation that the nodes come from: its name, or `projects/P/reservations/R` where another project shares it. There
   * has to be one of that name in each of the pool's zones.
   *
   * @default - none
   */
  readonly reservation?: string;
}

/**
 * Nodes with NVIDIA GPUs. GKE keeps pods away that ask for none, and lets in by itself those that do. Spot nodes are for
 * endpoints here, which answer elsewhere meanwhile; training on them takes a SpotTrainingPool, with its checkpoints.
 */
export class GpuNodePool extends ManagedNodePool {
  constructor(scope: Construct, id: string, props: GpuNodePoolProps) {
    super(scope, id, props, gpuPool(id, props));
  }
}

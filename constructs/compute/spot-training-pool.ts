import type { Construct } from "constructs";
import type { Finding } from "../construct-error";
import type { CheckpointBucket } from "../storage/checkpoint-bucket";
import { type GpuPoolProps, gpuPool } from "./gpu-pool";
import { ManagedNodePool } from "./managed-node-pool";
import type { PoolScaling } from "./pool-request";

/** Its nodes are Spot: that is not asked. */
export interface SpotTrainingPoolProps extends Omit<GpuPoolProps, "spot"> {
  /** Where jobs keep what they have learned, since a node can go at any moment. */
  readonly checkpoints: CheckpointBucket;

  /**
   * Fewest and most nodes of all zones together, in whichever zone has them.
   *
   * @default - none as long as no job runs, 8 at most; as `nodes` says where that is stated
   */
  readonly autoscaling?: PoolScaling;
}

/** What a pool has that states none. */
export const spotTrainingScaling: PoolScaling = { min: 0, max: 8 };

/**
 * Spot GPUs for jobs that go on from their last checkpoint. A job that runs here is granted the checkpoints, the nodes
 * are not; other pods stay away, since they do not tolerate the taint of Spot.
 */
export class SpotTrainingPool extends ManagedNodePool {
  /** Where jobs that run here keep what they have learned. */
  readonly checkpoints: CheckpointBucket;

  constructor(scope: Construct, id: string, props: SpotTrainingPoolProps) {
    const { checkpoints, ...stated } = props;
    const autoscaling =
      stated.nodes === undefined ? (stated.autoscaling ?? spotTrainingScaling) : stated.autoscaling;
    const pool = { ...stated, autoscaling, spot: true };
    const kind = gpuPool(id, pool);
    super(scope, id, pool, {
      ...kind,
      findings: [...(kind.findings ?? []), ...checkCheckpoints("checkpoints", checkpoints)],
    });
    this.checkpoints = checkpoints;
  }
}

/** Findings on checkpoints that are missing, for those whom no compiler asks for them. */
function checkCheckpoints(property: string, checkpoints: CheckpointBucket | undefined): Finding[] {
  if (checkpoints !== undefined) return [];
  const remedy = "state the CheckpointBucket that jobs go on from: a Spot node can go at any moment";
  return [{ property, received: checkpoints, remedy }];
}

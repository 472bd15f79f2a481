import { gkeJobCatalog } from "../catalog/gke-jobs";
import type { MachineType } from "../catalog/machine-types";
import type { CheckpointBucket } from "../storage/checkpoint-bucket";
import type { ITrainingCapacity } from "./training-capacity";
import type { QueuedCapacity } from "./training-queues";

/** What a training job asks for, defaults filled in: what its checks judge. */
export interface TrainingJobRequest {
  readonly name: string;
  /** Whether it has an account of its own, which is called as the job. */
  readonly ownIdentity: boolean;
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly nodes: number;
  readonly pool: ITrainingCapacity;
  readonly checkpoints?: CheckpointBucket;
  readonly run: string;
  readonly checkpointEverySeconds: number;
  readonly graceSeconds: number;
  /** Folders that buckets are mounted at. */
  readonly datasets: readonly string[];
  readonly datasetCacheGiB?: number;
  /** Not known where the catalog lacks the machine. */
  readonly machine?: MachineType;
  readonly cpus?: number;
  readonly memoryGiB?: number;
  readonly user: number;
  readonly maxRestarts: number;
  readonly ttlSecondsAfterFinished: number;
  readonly priority?: string;
  readonly priorities: readonly string[];
  readonly capacities?: readonly QueuedCapacity[];
}

const GRACE_SECONDS = 120;

/** Time that a pod gets for a last checkpoint where it does not ask for another. */
export function graceSecondsOf(spot: boolean): number {
  return spot ? gkeJobCatalog.spotGraceSecondsMax : GRACE_SECONDS;
}

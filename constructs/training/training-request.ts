import { gkeJobCatalog } from "../catalog/gke-jobs";
import type { CheckpointBucket } from "../storage/checkpoint-bucket";

/** What a training job asks for, defaults filled in: what its checks judge. */
export interface TrainingJobRequest {
  readonly name: string;
  /** Whether it has an account of its own, which is called as the job. */
  readonly ownIdentity: boolean;
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly nodes: number;
  readonly nodesPerSlice: number;
  readonly spot: boolean;
  readonly bucketMounts: boolean;
  readonly checkpoints?: CheckpointBucket;
  readonly run: string;
  readonly checkpointEverySeconds: number;
  readonly graceSeconds: number;
  /** Folders that buckets are mounted at. */
  readonly datasets: readonly string[];
  readonly datasetCacheGiB?: number;
  /** Not known of a machine that the catalog lacks. */
  readonly cpus?: number;
  readonly memoryGiB?: number;
  readonly user: number;
  readonly maxRestarts: number;
  readonly ttlSecondsAfterFinished: number;
  readonly priority?: string;
  readonly priorities: readonly string[];
}

const GRACE_SECONDS = 120;

/** Time that a pod gets for a last checkpoint where it does not ask for another. */
export function graceSecondsOf(spot: boolean): number {
  return spot ? gkeJobCatalog.spotGraceSecondsMax : GRACE_SECONDS;
}

import type { ITerraformDependable } from "cdktf";

/** A queue that training jobs wait in until there are nodes for all of their pods. */
export interface ITrainingQueue {
  /** Name of the queue in its namespace. */
  readonly queueName: string;

  /** Namespace that its jobs run in. */
  readonly namespace: string;

  /** Names of the priorities that a job can have, the lowest first. */
  readonly priorities: readonly string[];

  /** To wait for. */
  readonly resource: ITerraformDependable;
}

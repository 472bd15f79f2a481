import type { ITerraformDependable } from "cdktf";
import type { QueuedCapacity } from "./training-queues";

/** A queue that training jobs wait in until there are nodes for all of their pods. */
export interface ITrainingQueue {
  /** Name of the queue in its namespace. */
  readonly queueName: string;

  /** Namespace that its jobs run in. */
  readonly namespace: string;

  /** Names of the priorities that a job can have, the lowest first. */
  readonly priorities: readonly string[];

  /**
   * Nodes that it hands out. Jobs that ask for others, or for more of them, would wait for ever.
   *
   * @default - not known, and so not judged
   */
  readonly capacities?: readonly QueuedCapacity[];

  /** To wait for. */
  readonly resource: ITerraformDependable;
}

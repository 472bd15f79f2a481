import type { NotebookProps, ScheduledTrainingProps, TrainingJobSettings } from "../constructs";

/** What an environment decides about training. */
export interface TrainingSettings {
  /** Pools that jobs run on, the preferred first, each with the most nodes that they may have. */
  readonly capacities: Readonly<Record<string, CapacitySettings>>;

  /** Jobs by name, each of which runs once: another run has another name. */
  readonly jobs: Readonly<Record<string, JobSettings>>;

  /** Training on Vertex AI that begins again and again, by name. */
  readonly schedules: Readonly<Record<string, ScheduleSettings>>;

  /** Notebooks by name. */
  readonly notebooks: Readonly<Record<string, NotebookSettings>>;
}

export interface CapacitySettings {
  readonly nodesMax: number;
}

export interface JobSettings
  extends Pick<TrainingJobSettings, "priority" | "env" | "nodes" | "checkpointEverySeconds"> {
  /** Pool that it runs on: one of `capacities`. */
  readonly pool: string;

  /** Image in the repository of images. */
  readonly image: string;

  /** Tag or digest of the image. */
  readonly imageVersion: string;
}

export interface ScheduleSettings
  extends Pick<
    ScheduledTrainingProps,
    "schedule" | "timeZone" | "machineType" | "capacity" | "env" | "paused" | "checkpointEverySeconds"
  > {
  /** Image in the repository of images. */
  readonly image: string;

  /** Tag or digest of the image. */
  readonly imageVersion: string;
}

export interface NotebookSettings extends Pick<NotebookProps, "machineType" | "idleShutdownSeconds"> {
  /** Zone that it lies in. */
  readonly zone: string;

  /** Who may use it, as `user:...`. */
  readonly users: readonly string[];

  /**
   * Subnet of the network that it lies in.
   *
   * @default "workloads"
   */
  readonly subnet?: string;
}

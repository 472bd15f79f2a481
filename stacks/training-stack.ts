import { Construct } from "constructs";
import {
  type CheckpointBucket,
  ConstructError,
  type IAlertChannel,
  type ICluster,
  type IEncryptedBucket,
  type IEncryptionKey,
  type IImageSource,
  type INetwork,
  type INodePool,
  type ITrainingQueue,
  Notebook,
  Principal,
  ScheduledTraining,
  TrainingJob,
  TrainingQueues,
} from "../constructs";
import { didYouMean } from "../constructs/suggestion";
import { PlinthStack, type PlinthStackProps } from "./plinth-stack";
import type { NotebookSettings, TrainingSettings } from "./training-settings";

export interface TrainingStackProps extends PlinthStackProps, TrainingSettings {
  readonly key: IEncryptionKey;
  readonly network: INetwork;
  readonly cluster: ICluster;

  /** Pools of the cluster by name. */
  readonly pools: ReadonlyMap<string, INodePool>;

  /** Where the trainers' images are. */
  readonly images: IImageSource;

  /** Registry of the controllers' images, as the nodes reach it. */
  readonly mirror: IImageSource;

  /** What is learned from, mounted into every job. */
  readonly datasets: IEncryptedBucket;

  readonly checkpoints: CheckpointBucket;

  /** Who is told of a schedule that fails, and of a GPU that idles. */
  readonly alertTo: readonly IAlertChannel[];

  readonly deletionProtection: boolean;
}

/** What trains models: queues of the cluster, jobs in them, jobs on a schedule, and notebooks. */
export class TrainingStack extends PlinthStack {
  constructor(scope: Construct, id: string, props: TrainingStackProps) {
    super(scope, id, props);
    const { queue } = new TrainingQueues(this, "Queues", {
      cluster: props.cluster,
      capacities: Object.fromEntries(
        Object.entries(props.capacities).map(([name, { nodesMax }]) => [
          name,
          { pool: this.poolOf(`capacities.${name}`, name, props), nodesMax },
        ]),
      ),
      imageRegistry: props.mirror.uri,
    });
    ConstructError.gather(this, [
      ...this.jobs(props, queue),
      ...this.schedules(props),
      ...this.notebooks(props),
    ]);
  }

  private jobs(props: TrainingStackProps, queue: ITrainingQueue): (() => void)[] {
    const { checkpoints, datasets, images, jobs } = props;
    const parent = new Construct(this, "Jobs");
    return Object.entries(jobs).map(([name, { pool, image, imageVersion, ...job }]) => () => {
      new TrainingJob(parent, name, {
        ...job,
        name: this.named(name),
        run: name,
        queue,
        pool: this.poolOf(`jobs.${name}.pool`, pool, props),
        image: images.image(image, imageVersion),
        checkpoints,
        datasets: { datasets },
      });
    });
  }

  private schedules(props: TrainingStackProps): (() => void)[] {
    const { key, checkpoints, datasets, images, schedules, alertTo } = props;
    const parent = new Construct(this, "Schedules");
    return Object.entries(schedules).map(([name, { image, imageVersion, ...schedule }]) => () => {
      new ScheduledTraining(parent, name, {
        ...schedule,
        name: this.named(name),
        project: this.project,
        key,
        image: images.image(image, imageVersion),
        checkpoints,
        datasets: [datasets],
        alertTo,
      });
    });
  }

  private notebooks(props: TrainingStackProps): (() => void)[] {
    const parent = new Construct(this, "Notebooks");
    return Object.entries(props.notebooks).map(([name, settings]) => () => {
      this.notebook(parent, name, settings, props);
    });
  }

  private notebook(
    parent: Construct,
    name: string,
    { users, subnet = "workloads", ...settings }: NotebookSettings,
    { key, network, datasets, alertTo, deletionProtection }: TrainingStackProps,
  ): void {
    const notebook = new Notebook(parent, name, {
      ...settings,
      name: this.named(name),
      key,
      network,
      subnet: network.subnet(subnet),
      alertTo,
      deletionProtection,
    });
    datasets.grantRead(notebook.identity);
    // By member and not by position, so that a grant keeps its address when others come and go.
    for (const user of users) notebook.grantUse(new Principal(parent, `${name} ${user}`, user));
  }

  private poolOf(property: string, name: string, { pools }: TrainingStackProps): INodePool {
    const pool = pools.get(name);
    if (pool !== undefined) return pool;
    const names = [...pools.keys()];
    const remedy = `${didYouMean(name, names)}Name one of ${names.join(", ") || "the platform's pools, of which there are none"}`;
    throw new ConstructError(this, [{ property, received: name, remedy }]);
  }
}

import { TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import {
  AcceleratorCluster,
  type CheckpointBucket,
  ConstructError,
  type IEncryptionKey,
  type IImageSource,
  ImageMirror,
  type INetwork,
  type INodePool,
} from "../constructs";
import type { PlatformSettings } from "./platform-settings";
import { PlinthStack, type PlinthStackProps } from "./plinth-stack";

export interface PlatformStackProps extends PlinthStackProps, PlatformSettings {
  readonly key: IEncryptionKey;
  readonly network: INetwork;

  /** Zones that nodes lie in, in order of preference. */
  readonly zones: readonly string[];

  /** What the nodes run. */
  readonly images: IImageSource;

  /** Where jobs on Spot nodes keep what they have learned. */
  readonly checkpoints: CheckpointBucket;

  readonly deletionProtection: boolean;
}

/**
 * The cluster and its pools. Apart from the foundation, which outlives it, and from what runs in it: a stack that
 * reaches into a cluster cannot be planned before the cluster is there.
 */
export class PlatformStack extends PlinthStack {
  readonly cluster: AcceleratorCluster;

  /** By the names that the settings give them. */
  readonly pools: ReadonlyMap<string, INodePool>;

  /** Images of Kubernetes' own projects, for nodes that reach Google's APIs alone. */
  readonly mirror: ImageMirror;

  constructor(scope: Construct, id: string, props: PlatformStackProps) {
    super(scope, id, props);
    const { key, network, images, subnet = "clusters", backup = false, deletionProtection } = props;
    this.mirror = new ImageMirror(this, "KubernetesImages", {
      name: this.named("kubernetes"),
      registry: "https://registry.k8s.io",
      key,
    });
    this.cluster = new AcceleratorCluster(this, "Cluster", {
      name: this.named("platform"),
      nodeAccountName: this.named("nodes"),
      key,
      network,
      subnet: network.subnet(subnet),
      zones: props.zones,
      images: [images, this.mirror],
      releaseChannel: props.releaseChannel,
      maintenanceWindow: props.maintenanceWindow,
      systemPool: props.systemPool,
      backup,
      deletionProtection,
    });
    this.pools = this.addPools(props);

    for (const [name, value] of Object.entries({
      cluster: this.cluster.clusterName,
      kubernetes_images: this.mirror.uri,
    }))
      new TerraformOutput(this, name, { value, staticId: true });
  }

  private addPools({ pools, checkpoints }: PlatformStackProps): Map<string, INodePool> {
    const { cluster } = this;
    const made = new Map<string, INodePool>();
    const each = <Settings>(
      ofKind: Readonly<Record<string, Settings>>,
      add: (name: string, settings: Settings) => INodePool,
    ) =>
      Object.entries(ofKind).map(([name, settings]) => () => {
        made.set(name, add(name, settings));
      });
    ConstructError.gather(this, [
      ...each(pools.gpu, (name, pool) => cluster.addGpuPool(name, pool)),
      ...each(pools.tpu, (name, { spot, ...pool }) =>
        cluster.addTpuPool(name, { ...pool, spot: spot ? { checkpoints } : undefined }),
      ),
      ...each(pools.cpuServing, (name, pool) => cluster.addCpuServingPool(name, pool)),
      ...each(pools.spotTraining, (name, pool) =>
        cluster.addSpotTrainingPool(name, { ...pool, checkpoints }),
      ),
    ]);
    return made;
  }
}

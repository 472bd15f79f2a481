import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { machineType } from "../catalog/machine-types";
import { trainingControllerCatalog } from "../catalog/training-controllers";
import type { ICluster } from "../compute/cluster";
import { ConstructError } from "../construct-error";
import type { KubernetesObject } from "../kubernetes/kubernetes-object";
import { RenderedChart } from "../kubernetes/rendered-chart";
import type { ITrainingCapacity } from "./training-capacity";
import { TrainingControllers } from "./training-controllers";
import type { ITrainingQueue } from "./training-queue";
import { checkTrainingQueues } from "./training-queues-checks";

/** Nodes that queues hand out, and how many. */
export interface QueuedCapacity {
  readonly pool: ITrainingCapacity;

  /** Most nodes that jobs have at a time: as many as the pool can have. */
  readonly nodesMax: number;

  /**
   * Whether the nodes come all at once or not at all, from a pool with queued provisioning (Dynamic Workload Scheduler).
   *
   * @default false
   */
  readonly queuedProvisioning?: boolean;
}

export interface TrainingQueuesProps {
  readonly cluster: ICluster;

  /** What jobs run on, by the name under which Kueue knows it, the preferred first. */
  readonly capacities: Readonly<Record<string, QueuedCapacity>>;

  /**
   * Name of the queue in each namespace, and of what stands behind it.
   *
   * @default "training"
   */
  readonly name?: string;

  /**
   * Namespaces with a queue each. They are made here, and stay when the queues go.
   *
   * @default ["training"]
   */
  readonly namespaces?: readonly string[];

  /**
   * Priorities of jobs, by name: a job takes the place of those of lower ones.
   *
   * @default { research: 100, production: 1000 }
   */
  readonly priorities?: Readonly<Record<string, number>>;

  /**
   * Time within which all pods of a job that was started have to run: for nodes to come and to pull the image. A job
   * that takes longer gives its nodes back and waits anew.
   *
   * @default 1800
   */
  readonly startSeconds?: number;

  /**
   * Registry that the nodes pull the controllers' images from: a remote repository of Artifact Registry, for nodes that
   * reach Google's APIs and nothing else.
   *
   * @default "registry.k8s.io"
   */
  readonly imageRegistry?: string;

  /**
   * Registry that Terraform reads the controllers' charts from.
   *
   * @default "registry.k8s.io"
   */
  readonly chartRegistry?: string;

  /**
   * Whether the cluster has the controllers already, from other queues or from elsewhere.
   *
   * @default false
   */
  readonly controllersInstalled?: boolean;
}

const API = "kueue.x-k8s.io/v1beta2";

/**
 * Queues for training jobs: Kueue and JobSet in the cluster, and what its nodes can take. A job starts when there is room
 * for all of its pods, on the first capacity that has it; until then it holds nothing.
 */
export class TrainingQueues extends Construct {
  /** Of the first namespace. */
  readonly queue: ITrainingQueue;

  private readonly queues: ReadonlyMap<string, ITrainingQueue>;

  constructor(scope: Construct, id: string, props: TrainingQueuesProps) {
    super(scope, id);
    const { cluster, capacities, name = "training", namespaces = ["training"] } = props;
    const { priorities = { research: 100, production: 1_000 }, startSeconds = 1_800 } = props;
    const { registry } = trainingControllerCatalog;
    const { imageRegistry = registry, chartRegistry = registry } = props;
    ConstructError.throwIfAny(
      this,
      checkTrainingQueues({
        clusterPath: cluster.node.path,
        capacities,
        name,
        namespaces,
        priorities,
        startSeconds,
        imageRegistry,
        chartRegistry,
        installs: !props.controllersInstalled,
        installedBy: TrainingControllers.installedIn(cluster),
      }),
    );

    const controllers: ITerraformDependable[] = props.controllersInstalled
      ? []
      : [
          new TrainingControllers(this, "Controllers", {
            cluster,
            imageRegistry,
            chartRegistry,
            startSeconds,
          }).resource,
        ];
    const { resource } = new RenderedChart(this, "Chart", {
      cluster,
      release: `${name}-queues`,
      namespace: trainingControllerCatalog.kueue.namespace,
      objects: [
        ...Object.entries(capacities).map(([flavor, { pool }]) => resourceFlavor(flavor, pool)),
        ...provisioningOf(name, capacities),
        clusterQueue(name, namespaces, capacities),
        ...Object.entries(priorities).map(([priority, value]) => ({
          apiVersion: API,
          kind: "WorkloadPriorityClass",
          metadata: { name: priority },
          value,
        })),
        ...namespaces.flatMap((namespace) => [
          namespaceObject(namespace),
          {
            apiVersion: API,
            kind: "LocalQueue",
            metadata: { name, namespace },
            spec: { clusterQueue: name },
          },
        ]),
      ],
      waitFor: [...controllers, ...Object.values(capacities).map(({ pool }) => pool.resource)],
    });
    const byValue = Object.keys(priorities).sort((one, other) => priorities[one] - priorities[other]);
    this.queues = new Map(
      namespaces.map((namespace) => [
        namespace,
        {
          queueName: name,
          namespace,
          priorities: byValue,
          capacities: Object.values(capacities),
          resource,
        },
      ]),
    );
    this.queue = this.queueIn(namespaces[0]);
  }

  /** The queue of a namespace. */
  queueIn(namespace: string): ITrainingQueue {
    const queue = this.queues.get(namespace);
    if (queue !== undefined) return queue;
    throw new ConstructError(this, [
      {
        property: "namespace",
        received: namespace,
        remedy: `use one of ${[...this.queues.keys()].join(", ")}, or add it to namespaces`,
      },
    ]);
  }
}

function resourceFlavor(name: string, pool: ITrainingCapacity): KubernetesObject {
  return {
    apiVersion: API,
    kind: "ResourceFlavor",
    metadata: { name },
    spec: {
      nodeLabels: { ...pool.nodeSelector },
      tolerations:
        pool.tolerations.length > 0 ? pool.tolerations.map((toleration) => ({ ...toleration })) : undefined,
    },
  };
}

/** What asks GKE for all nodes of a job at once, where a capacity comes so. */
function provisioningOf(
  name: string,
  capacities: Readonly<Record<string, QueuedCapacity>>,
): KubernetesObject[] {
  const resources = Object.values(capacities)
    .filter(({ queuedProvisioning }) => queuedProvisioning)
    .flatMap(({ pool }) => pool.acceleratorResource ?? []);
  if (resources.length === 0) return [];
  return [
    {
      apiVersion: API,
      kind: "ProvisioningRequestConfig",
      metadata: { name },
      spec: {
        provisioningClassName: "queued-provisioning.gke.io",
        managedResources: [...new Set(resources)],
        podSetMergePolicy: "IdenticalPodTemplates",
      },
    },
    {
      apiVersion: API,
      kind: "AdmissionCheck",
      metadata: { name },
      spec: {
        controllerName: "kueue.x-k8s.io/provisioning-request",
        parameters: { apiGroup: "kueue.x-k8s.io", kind: "ProvisioningRequestConfig", name },
      },
    },
  ];
}

function clusterQueue(
  name: string,
  namespaces: readonly string[],
  capacities: Readonly<Record<string, QueuedCapacity>>,
): KubernetesObject {
  const quotas = Object.entries(capacities).map(([flavor, capacity]) => [flavor, quotaOf(capacity)] as const);
  // A resource can be in one group alone, and each flavour of a group states all of its resources.
  const covered = [...new Set(quotas.flatMap(([, quota]) => Object.keys(quota)))];
  const queued = Object.keys(capacities).filter((flavor) => capacities[flavor].queuedProvisioning);
  return {
    apiVersion: API,
    kind: "ClusterQueue",
    metadata: { name },
    spec: {
      namespaceSelector: {
        matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: [...namespaces] }],
      },
      // What does not fit yet does not keep waiting what does.
      queueingStrategy: "BestEffortFIFO",
      preemption: { withinClusterQueue: "LowerPriority" },
      // Free nodes of the next kind rather than those that another job has.
      flavorFungibility: { whenCanBorrow: "MayStopSearch", whenCanPreempt: "TryNextFlavor" },
      admissionChecksStrategy:
        queued.length > 0 ? { admissionChecks: [{ name, onFlavors: queued }] } : undefined,
      resourceGroups: [
        {
          coveredResources: covered,
          flavors: quotas.map(([flavor, quota]) => ({
            name: flavor,
            resources: covered.map((resource) => ({
              name: resource,
              nominalQuota: quota[resource] ?? "0",
            })),
          })),
        },
      ],
    },
  };
}

/** Everything that the nodes of a capacity have. */
function quotaOf({ pool, nodesMax }: QueuedCapacity): Record<string, string> {
  const machine = machineType(pool.machineType);
  const accelerators =
    pool.accelerator && pool.acceleratorResource
      ? { [pool.acceleratorResource]: String(pool.accelerator.count * nodesMax) }
      : {};
  return {
    cpu: String((machine?.vcpus ?? 0) * nodesMax),
    memory: `${(machine?.memoryGiB ?? 0) * nodesMax}Gi`,
    ...accelerators,
  };
}

function namespaceObject(name: string): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name,
      labels: {
        "pod-security.kubernetes.io/enforce": "baseline",
        "pod-security.kubernetes.io/warn": "restricted",
      },
      // With it all jobs would go, and whatever else came to be in it.
      annotations: { "helm.sh/resource-policy": "keep" },
    },
  };
}

import { Release } from "@cdktf/provider-helm/lib/release";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type ControllerChart, trainingControllerCatalog } from "../catalog/training-controllers";
import type { ICluster } from "../compute/cluster";
import { helmOf } from "../kubernetes/cluster-helm";
import { jsonText } from "../kubernetes/json-text";
import type { KubernetesValue } from "../kubernetes/kubernetes-object";
import { waitable } from "../kubernetes/same-stack";

export interface TrainingControllersProps {
  readonly cluster: ICluster;
  readonly imageRegistry: string;
  readonly chartRegistry: string;
  readonly startSeconds: number;
}

/** Which construct installs them in each cluster. */
const installers = new WeakMap<ICluster, TrainingControllers>();

/** JobSet, which keeps a job's pods together, and then Kueue, which starts its controller of JobSets only where they are. */
export class TrainingControllers extends Construct {
  readonly resource: ITerraformDependable;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: TrainingControllersProps,
  ) {
    super(scope, id);
    installers.set(props.cluster, this);
    const { jobSet, kueue } = trainingControllerCatalog;
    const image = (chart: ControllerChart) => ({
      repository: `${props.imageRegistry}/${chart.image}`,
      tag: chart.tag,
      pullPolicy: "IfNotPresent",
    });

    const jobs = this.install(
      "JobSet",
      jobSet,
      {
        image: image(jobSet),
        controller: {
          resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { cpu: "2", memory: "1Gi" } },
        },
      },
      props.cluster.ready,
    );
    this.resource = this.install(
      "Kueue",
      kueue,
      {
        controllerManager: {
          // One of them leads, and the webhooks answer while a node is upgraded.
          replicas: 2,
          podDisruptionBudget: { enabled: true, minAvailable: 1 },
          manager: {
            image: image(kueue),
            resources: { requests: { cpu: "500m", memory: "512Mi" }, limits: { cpu: "2", memory: "1Gi" } },
          },
        },
        managerConfig: { controllerManagerConfigYaml: JSON.stringify(configuration(props.startSeconds)) },
      },
      [jobs],
    );
  }

  /** Path of what installs them in a cluster, where something does. */
  static installedIn(cluster: ICluster): string | undefined {
    return installers.get(cluster)?.node.path;
  }

  private install(
    id: string,
    chart: ControllerChart,
    values: KubernetesValue,
    waitFor: readonly ITerraformDependable[],
  ): ITerraformDependable {
    return new Release(this, id, {
      provider: helmOf(this, this.props.cluster),
      name: chart.release,
      namespace: chart.namespace,
      createNamespace: true,
      repository: `oci://${this.props.chartRegistry}/${chart.repository}`,
      chart: chart.chart,
      version: chart.version,
      values: [jsonText(values)],
      atomic: true,
      cleanupOnFail: true,
      wait: true,
      timeout: 600,
      maxHistory: 5,
      dependsOn: waitable(this, waitFor),
    });
  }
}

/** Of Kueue's own: whole, since the chart takes it whole. */
function configuration(startSeconds: number) {
  return {
    apiVersion: "config.kueue.x-k8s.io/v1beta2",
    kind: "Configuration",
    health: { healthProbeBindAddress: ":8081" },
    metrics: { bindAddress: ":8443", enableClusterQueueResources: true },
    webhook: { port: 9443 },
    leaderElection: { leaderElect: true, resourceName: "c1f6bfd2.kueue.x-k8s.io" },
    controller: {
      groupKindConcurrency: {
        "Job.batch": 5,
        Pod: 5,
        "Workload.kueue.x-k8s.io": 5,
        "LocalQueue.kueue.x-k8s.io": 1,
        "ClusterQueue.kueue.x-k8s.io": 1,
        "ResourceFlavor.kueue.x-k8s.io": 1,
      },
    },
    clientConnection: { qps: 50, burst: 100 },
    // A job of which a node never came gives its quota back, and waits anew.
    waitForPodsReady: {
      timeout: `${startSeconds}s`,
      recoveryTimeout: `${startSeconds}s`,
      blockAdmission: false,
      requeuingStrategy: { timestamp: "Eviction", backoffBaseSeconds: 60, backoffMaxSeconds: 3_600 },
    },
    integrations: { frameworks: ["batch/job", "jobset.x-k8s.io/jobset"] },
  };
}

/** A controller, as its project publishes it. */
export interface ControllerChart {
  readonly release: string;
  readonly namespace: string;
  /** Path of the chart's folder in the registry. */
  readonly repository: string;
  readonly chart: string;
  readonly version: string;
  /** Path of the controller's image in the registry. */
  readonly image: string;
  readonly tag: string;
  readonly source: string;
}

/** Controllers that training jobs need, in the versions whose kinds the constructs declare. */
export const trainingControllerCatalog = {
  asOf: "2026-11-21",
  registry: "registry.k8s.io",

  jobSet: {
    release: "jobset",
    namespace: "jobset-system",
    repository: "jobset/charts",
    chart: "jobset",
    version: "0.12.0",
    image: "jobset/jobset",
    tag: "v0.12.0",
    source: "https://github.com/kubernetes-sigs/jobset/tree/v0.12.0/charts/jobset",
  },
  kueue: {
    release: "kueue",
    namespace: "kueue-system",
    repository: "kueue/charts",
    chart: "kueue",
    version: "0.19.2",
    image: "kueue/kueue",
    tag: "v0.19.2",
    source: "https://github.com/kubernetes-sigs/kueue/tree/v0.19.2/charts/kueue",
  },
} as const satisfies Readonly<Record<string, ControllerChart | string>>;

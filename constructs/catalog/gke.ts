/** What GKE accepts of a cluster, and what it fixes. */
export const gkeCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters",

  /** https://cloud.google.com/kubernetes-engine/docs/concepts/release-channels */
  releaseChannels: ["rapid", "regular", "stable", "extended"],

  /** https://cloud.google.com/kubernetes-engine/docs/concepts/maintenance-windows-and-exclusions */
  maintenance: {
    /** Shorter ones do not count towards what has to be open; longer ones would overlap the next day's. */
    windowHours: { min: 4, max: 24 },
    openHoursMin: 48,
    openWithinDays: 32,
    exclusionsMax: 20,
    /** Of an exclusion that holds up security patches as well. */
    allUpgradesDaysMax: 90,
  },

  /** Of a node, where nothing else is asked: https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr */
  podsPerNode: { default: 110, min: 8, max: 256 },

  /** https://cloud.google.com/kubernetes-engine/docs/add-on/backup-for-gke/reference/rest/v1/projects.locations.backupPlans */
  backupRetainDays: { min: 1, max: 365 },

  /**
   * In the order in which Google returns them, that of its enumerations. The provider compares them as lists, and in any
   * other order every plan would have a change: https://github.com/hashicorp/terraform-provider-google/issues/28688
   */
  logComponents: ["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "SCHEDULER", "CONTROLLER_MANAGER"],
  metricComponents: [
    "SYSTEM_COMPONENTS",
    "APISERVER",
    "SCHEDULER",
    "CONTROLLER_MANAGER",
    "STORAGE",
    "HPA",
    "POD",
    "DAEMONSET",
    "DEPLOYMENT",
    "STATEFULSET",
    "CADVISOR",
    "KUBELET",
    // Of NVIDIA's GPUs: how busy they are, their memory, temperature and faults.
    "DCGM",
    "JOBSET",
  ],

  /** Why the cluster says something: https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-notifications */
  notifiedEvents: ["SECURITY_BULLETIN_EVENT", "UPGRADE_AVAILABLE_EVENT", "UPGRADE_EVENT"],
} as const;

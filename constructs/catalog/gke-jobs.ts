/** What GKE, Kueue and JobSet do with jobs, as far as a job has to know. */
export const gkeJobCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms#termination",

  /**
   * Seconds from SIGTERM to SIGKILL that a pod gets when its Spot VM is taken away. Of the 30 that the machine has, the
   * last 15 are the system's own pods'.
   */
  spotGraceSecondsMax: 15,

  /**
   * Longest that an upgrade of nodes waits for a pod to end.
   * https://cloud.google.com/kubernetes-engine/docs/concepts/node-pool-upgrade-strategies#surge
   */
  graceSecondsMax: 3_600,

  /** https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-storage-fuse-csi-driver-setup */
  bucketMount: {
    driver: "gcsfuse.csi.storage.gke.io",
    enabledAnnotation: "gke-gcsfuse/volumes",
    cpuLimitAnnotation: "gke-gcsfuse/cpu-limit",
    memoryLimitAnnotation: "gke-gcsfuse/memory-limit",
    diskLimitAnnotation: "gke-gcsfuse/ephemeral-storage-limit",
  },

  /** https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler#scheduling-and-disruption */
  safeToEvictAnnotation: "cluster-autoscaler.kubernetes.io/safe-to-evict",

  /** https://kueue.sigs.k8s.io/docs/tasks/run/jobsets/ */
  queueLabel: "kueue.x-k8s.io/queue-name",
  priorityLabel: "kueue.x-k8s.io/priority-class",

  /** https://jobset.sigs.k8s.io/docs/tasks/exclusive_placement/ */
  exclusiveTopologyAnnotation: "alpha.jobset.sigs.k8s.io/exclusive-topology",
  nodePoolLabel: "cloud.google.com/gke-nodepool",

  /** Machines without accelerators that come by flex-start: https://cloud.google.com/kubernetes-engine/docs/concepts/dws */
  flexStartCpuMachines: ["h4d-"],

  /** https://cloud.google.com/kubernetes-engine/docs/concepts/about-custom-compute-classes */
  computeClassLabel: "cloud.google.com/compute-class",
} as const;

import type { Environment } from "./environment";

export const staging: Environment = {
  name: "staging",
  project: "plinth-staging-example",
  region: "europe-west4",
  zones: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
  labels: { team: "ml-platform", "cost-center": "serving" },
  callers: [],
  state: { bootstrap: "local" },
  keys: { protection: "software", rotationDays: 90 },
  dataClassification: "internal",
  publishing: { members: [] },
  audit: { retentionDays: 90, archiveDays: 365, locked: false },
  alertEmails: ["ml-platform@acme.example"],
  network: {
    cidr: "10.4.0.0/14",
    subnets: { workloads: { nodes: 500 }, clusters: { nodes: 120, podsPerNode: 32 } },
    privateServicesPrefix: 20,
  },
  secrets: { "hugging-face-token": { rotationDays: 90 } },
  quotas: {
    contactEmail: "ml-platform@acme.example",
    accelerators: { "nvidia-l4": { onDemand: 2, spot: 4 }, "all-gpus": { onDemand: 2 } },
  },
  platform: {
    releaseChannel: "regular",
    systemPool: { machineType: "e2-standard-4", autoscaling: { min: 3, max: 6 } },
    backup: { retainDays: 7 },
    pools: {
      gpu: { l4: { accelerator: "nvidia-l4", perNode: 1, autoscaling: { min: 0, max: 2 } } },
      tpu: {},
      cpuServing: { cpu: { instructionSet: "amx", vcpus: 8, autoscaling: { min: 0, max: 2 } } },
      spotTraining: { "l4-spot": { accelerator: "nvidia-l4", perNode: 1, autoscaling: { min: 0, max: 4 } } },
    },
  },
  training: {
    capacities: { "l4-spot": { nodesMax: 4 } },
    jobs: {},
    schedules: {
      daily: {
        schedule: "0 3 * * *",
        machineType: "g2-standard-8",
        image: "trainer",
        imageVersion: "0.1.0",
        capacity: "spot",
        paused: true,
      },
    },
    notebooks: {},
  },
  sizes: {
    softDeleteDays: 7,
    olderVersionDays: 30,
    checkpointsKept: 3,
    serving: {
      imageVersion: "0.1.0",
      modelPath: "bard",
      checkpointConfig: "models/bard/config.json",
      cpu: 2,
      memoryMiB: 2_048,
      instancesMin: 0,
      instancesMax: 3,
      runtime: { maxSequences: 32, kvCacheMiB: 256 },
    },
  },
  switches: { deletionProtection: true, organizationPolicies: true },
  policy: { packs: ["gdpr"] },
};

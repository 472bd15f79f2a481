import type { Environment } from "./environment";

export const dev: Environment = {
  name: "dev",
  project: "plinth-dev-example",
  region: "us-central1",
  zones: ["us-central1-a", "us-central1-b"],
  labels: { team: "ml-platform", "cost-center": "research" },
  callers: [],
  state: { bootstrap: "local" },
  keys: { protection: "software", rotationDays: 90 },
  dataClassification: "internal",
  publishing: { members: [] },
  audit: { retentionDays: 30, locked: false },
  alertEmails: [],
  network: {
    cidr: "10.0.0.0/14",
    subnets: { workloads: { nodes: 250 }, clusters: { nodes: 60, podsPerNode: 32 } },
    flowLogs: { intervalSeconds: 600, sampling: 0.1 },
  },
  secrets: { "hugging-face-token": {} },
  quotas: { accelerators: {} },
  platform: {
    releaseChannel: "rapid",
    systemPool: { machineType: "e2-standard-4", autoscaling: { min: 1, max: 3 } },
    pools: {
      gpu: { l4: { accelerator: "nvidia-l4", perNode: 1, autoscaling: { min: 0, max: 1 } } },
      tpu: {},
      cpuServing: {},
      spotTraining: { "l4-spot": { accelerator: "nvidia-l4", perNode: 1, autoscaling: { min: 0, max: 2 } } },
    },
  },
  training: {
    capacities: { "l4-spot": { nodesMax: 2 } },
    jobs: {
      sonnets: {
        pool: "l4-spot",
        image: "trainer",
        imageVersion: "0.1.0",
        env: { TRAINER_STEPS: "20000" },
        checkpointEverySeconds: 60,
      },
    },
    schedules: {},
    notebooks: { lab: { zone: "us-central1-a", users: [], idleShutdownSeconds: 3_600 } },
  },
  sizes: {
    softDeleteDays: 0,
    olderVersionDays: 7,
    checkpointsKept: 2,
    serving: {
      imageVersion: "0.1.0",
      modelPath: "bard",
      checkpointConfig: "models/bard/config.json",
      cpu: 1,
      memoryMiB: 1_024,
      instancesMin: 0,
      instancesMax: 2,
      runtime: { maxSequences: 16, kvCacheMiB: 64, logLevel: "debug" },
    },
  },
  switches: { deletionProtection: false, organizationPolicies: false },
  policy: { packs: [] },
};

import type { Environment } from "./environment";

export const prod: Environment = {
  name: "prod",
  project: "plinth-prod-example",
  region: "europe-west4",
  zones: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
  labels: { team: "ml-platform", "cost-center": "serving" },
  callers: [],
  state: { bootstrap: "local" },
  keys: { protection: "hsm", rotationDays: 90 },
  dataClassification: "personal",
  publishing: { members: ["serviceAccount:release@acme-build.iam.gserviceaccount.com"] },
  // Six years, as HIPAA asks for: 45 CFR 164.316(b)(2)(i).
  audit: { retentionDays: 400, archiveDays: 2_192, locked: true },
  alertEmails: ["ml-platform@acme.example", "security@acme.example"],
  network: {
    cidr: "10.8.0.0/13",
    subnets: { workloads: { nodes: 1_000 }, clusters: { nodes: 250, podsPerNode: 64 } },
    natAddresses: ["a", "b"],
    privateServicesPrefix: 20,
    googleApisEndpoint: "10.15.255.241",
  },
  secrets: { "hugging-face-token": { rotationDays: 90 } },
  quotas: {
    contactEmail: "ml-platform@acme.example",
    accelerators: {
      "nvidia-l4": { onDemand: 16, spot: 16 },
      "nvidia-h100-80gb": { spot: 16 },
      "tpu-v5-lite-podslice": { onDemand: 8 },
      "all-gpus": { onDemand: 16 },
    },
  },
  budget: { billingAccount: "012345-6789AB-CDEF01", amount: 20_000 },
  perimeter: {
    accessPolicy: "123456789012",
    enforced: true,
    deployers: ["serviceAccount:deploy@plinth-prod-example.iam.gserviceaccount.com"],
  },
  platform: {
    releaseChannel: "stable",
    maintenanceWindow: { days: ["tuesday", "wednesday", "thursday"], opensAt: "01:00", hours: 5 },
    systemPool: { machineType: "e2-standard-8", autoscaling: { min: 3, max: 9 } },
    backup: { retainDays: 35 },
    pools: {
      gpu: { l4: { accelerator: "nvidia-l4", perNode: 1, autoscaling: { min: 0, max: 16 } } },
      tpu: { v5e: { accelerator: "tpu-v5-lite-podslice", topology: "2x4", zones: ["europe-west4-b"] } },
      cpuServing: { cpu: { instructionSet: "amx", vcpus: 8, autoscaling: { min: 1, max: 6 } } },
      spotTraining: {
        "h100-spot": { accelerator: "nvidia-h100-80gb", perNode: 8, autoscaling: { min: 0, max: 2 } },
        "l4-spot": { accelerator: "nvidia-l4", perNode: 1, autoscaling: { min: 0, max: 16 } },
      },
    },
  },
  training: {
    capacities: { "h100-spot": { nodesMax: 2 }, "l4-spot": { nodesMax: 16 } },
    jobs: {},
    schedules: {
      daily: {
        schedule: "0 3 * * *",
        timeZone: "Europe/Amsterdam",
        machineType: "g2-standard-8",
        image: "trainer",
        imageVersion: "0.1.0",
      },
    },
    notebooks: {},
  },
  sizes: {
    softDeleteDays: 30,
    olderVersionDays: 365,
    checkpointsKept: 5,
    serving: {
      imageVersion: "0.1.0",
      modelPath: "bard",
      checkpointConfig: "models/bard/config.json",
      cpu: 4,
      memoryMiB: 4_096,
      instancesMin: 1,
      instancesMax: 10,
      runtime: { maxSequences: 64, kvCacheMiB: 1_024 },
    },
  },
  switches: { deletionProtection: true, organizationPolicies: true },
  policy: { packs: ["gdpr"] },
};

import type { Environment } from "./environment";

export const prod: Environment = {
  name: "prod",
  project: "plinth-prod-example",
  region: "europe-west4",
  zones: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
  labels: { team: "ml-platform", "cost-center": "serving" },
  callers: [],
  state: { bootstrap: "local" },
  sizes: {
    softDeleteDays: 30,
    serving: {
      imageVersion: "0.1.0",
      modelPath: "bard",
      cpu: 4,
      memoryMiB: 4_096,
      instancesMin: 1,
      instancesMax: 10,
      runtime: { maxSequences: 64, kvCacheMiB: 1_024 },
    },
  },
  switches: { deletionProtection: true },
  policy: { packs: ["gdpr"] },
};

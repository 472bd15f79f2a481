import type { Environment } from "./environment";

export const staging: Environment = {
  name: "staging",
  project: "plinth-staging-example",
  region: "europe-west4",
  zones: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
  labels: { team: "ml-platform", "cost-center": "serving" },
  callers: [],
  state: { bootstrap: "local" },
  sizes: {
    softDeleteDays: 7,
    serving: {
      imageVersion: "0.1.0",
      modelPath: "bard",
      cpu: 2,
      memoryMiB: 2_048,
      instancesMin: 0,
      instancesMax: 3,
      runtime: { maxSequences: 32, kvCacheMiB: 256 },
    },
  },
  switches: { deletionProtection: true },
  policy: { packs: ["gdpr"] },
};

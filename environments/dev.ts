import type { Environment } from "./environment";

export const dev: Environment = {
  name: "dev",
  project: "plinth-dev-example",
  region: "us-central1",
  zones: ["us-central1-a", "us-central1-b"],
  labels: { team: "ml-platform", "cost-center": "research" },
  callers: [],
  state: { bootstrap: "local" },
  sizes: {
    softDeleteDays: 0,
    serving: {
      imageVersion: "0.1.0",
      modelPath: "bard",
      cpu: 1,
      memoryMiB: 1_024,
      instancesMin: 0,
      instancesMax: 2,
      runtime: { maxSequences: 16, kvCacheMiB: 64, logLevel: "debug" },
    },
  },
  switches: { deletionProtection: false },
  policy: { packs: [] },
};

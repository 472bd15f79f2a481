import { Token } from "cdktf";
import type { Finding } from "../construct-error";

/** Images of machines that Google publishes for machine learning, driver and tools included. */
export const machineImageCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/deep-learning-vm/docs/images",

  deepLearning: {
    project: "deeplearning-platform-release",
    families: {
      /** CUDA and the driver, and no framework. */
      base: "common-cu129-ubuntu-2404-nvidia-580",
      pytorch: "pytorch-2-9-cu129-ubuntu-2404-nvidia-580",
    },
  },

  /** https://cloud.google.com/vertex-ai/docs/workbench/instances/manage-metadata */
  workbench: { project: "cloud-notebooks-managed", family: "workbench-instances" },

  /**
   * Distributions that those images are, and where each has its Ops Agent from:
   * https://cloud.google.com/logging/docs/agent/ops-agent/installation
   */
  opsAgentDistributions: [
    { osShortName: "ubuntu", osVersion: "24.04", distribution: "google-cloud-ops-agent-noble-all" },
    { osShortName: "ubuntu", osVersion: "22.04", distribution: "google-cloud-ops-agent-jammy-all" },
    { osShortName: "debian", osVersion: "12", distribution: "google-cloud-ops-agent-bookworm-all" },
    { osShortName: "debian", osVersion: "11", distribution: "google-cloud-ops-agent-bullseye-all" },
  ],
} as const;

/** What a Deep Learning VM has installed beside CUDA and the driver. */
export type DeepLearningFramework = keyof typeof machineImageCatalog.deepLearning.families;

/** A Compute Engine image by its parts. */
export interface MachineImage {
  readonly project: string;
  readonly family?: string;
  readonly name?: string;
}

const form = /^projects\/([^/]+)\/global\/images\/(family\/)?([^/]+)$/;

/** The parts of an image that `checkMachineImage` has nothing against. */
export function machineImage(image: string): MachineImage {
  const [, project, family, name] = form.exec(image) ?? [];
  return family === undefined ? { project, name } : { project, family: name };
}

/** Findings on what names no image in full. */
export function checkMachineImage(property: string, image: string): Finding[] {
  if (!Token.isUnresolved(image) && form.test(image)) return [];
  const remedy = "state it in full: projects/P/global/images/NAME, or projects/P/global/images/family/FAMILY";
  return [{ property, received: image, remedy }];
}

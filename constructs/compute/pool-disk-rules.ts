import { bootDiskCatalog, isFlashOnly, isHyperdiskOnly, isPersistentOnly } from "../catalog/boot-disks";
import { type LocalSsds, machineType } from "../catalog/machine-types";
import type { CombinationRule } from "./combination-rule";
import { hasForm, isWhole, isWithin } from "./value-forms";

const localSsds = "https://cloud.google.com/kubernetes-engine/docs/concepts/local-ssd";
const preloading = "https://cloud.google.com/kubernetes-engine/docs/how-to/data-container-image-preloading";

const { sizeGiB } = bootDiskCatalog;

const diskImage =
  /^(?:https:\/\/www\.googleapis\.com\/compute\/v1\/)?(?:projects\/[a-z0-9:.-]+\/)?global\/images\/[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Disks that a machine does not have, and what they cannot hold. */
export const diskRules: readonly CombinationRule[] = [
  {
    id: "boot-disk-type",
    property: "bootDiskType",
    refused: ({ machineType: name, bootDiskType }) =>
      isHyperdiskOnly(name) && bootDiskType !== "hyperdisk-balanced",
    remedy: ({ machineType: name }) => `${name} has no persistent disks: use "hyperdisk-balanced"`,
    source: bootDiskCatalog.source,
  },
  {
    id: "boot-disk-hyperdisk",
    property: "bootDiskType",
    refused: ({ machineType: name, bootDiskType }) =>
      isPersistentOnly(name) && bootDiskType === "hyperdisk-balanced",
    remedy: ({ machineType: name }) => `${name} cannot have it: use "pd-balanced" or "pd-ssd"`,
    source: bootDiskCatalog.source,
  },
  {
    id: "boot-disk-standard",
    property: "bootDiskType",
    refused: ({ machineType: name, bootDiskType }) =>
      isFlashOnly(name) && !isHyperdiskOnly(name) && bootDiskType === "pd-standard",
    remedy: ({ machineType: name }) => `${name} cannot have it: use "pd-balanced"`,
    source: "https://cloud.google.com/compute/docs/disks/persistent-disks#pd_machine_series_support",
  },
  {
    id: "boot-disk-size",
    property: "bootDiskGiB",
    refused: ({ bootDiskGiB }) => !(isWhole(bootDiskGiB, 1) && isWithin(bootDiskGiB, sizeGiB)),
    remedy: `use a whole number, ${sizeGiB.min} to ${sizeGiB.max}`,
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/custom-boot-disks",
  },
  {
    id: "local-ssds",
    property: "localSsds",
    refused: ({ machineType: name, localSsds }) => {
      const machine = machineType(name);
      return machine !== undefined && !ssdNumbers(machine.localSsds).includes(localSsds);
    },
    remedy: ({ machineType: name }) => {
      const { choices, bundled, sizeGiB: size } = machineType(name)?.localSsds ?? noSsds;
      if (bundled > 0)
        return `${bundled} of ${size} GiB come with ${name}: leave it out, or state ${bundled}`;
      if (choices.length === 0) return `${name} has none: leave it out`;
      return `${name} has 0 or ${choices.join(", ")} of ${size} GiB`;
    },
    source: localSsds,
  },
  {
    id: "preloading-streams",
    property: "preloadedImages",
    refused: ({ preloadedImages, cluster }) => preloadedImages !== undefined && !cluster.imageStreaming,
    remedy:
      "images are preloaded where the cluster streams images only: turn on its imageStreaming, or leave it out",
    source: preloading,
  },
  {
    id: "preloaded-images",
    property: "preloadedImages",
    refused: ({ preloadedImages }) => preloadedImages !== undefined && !hasForm(diskImage, preloadedImages),
    remedy: "name the disk image that holds them, as projects/P/global/images/I",
    source: preloading,
  },
];

const noSsds: LocalSsds = { choices: [], bundled: 0, sizeGiB: 0 };

function ssdNumbers({ choices, bundled }: LocalSsds): readonly number[] {
  return bundled > 0 ? [bundled] : [0, ...choices];
}

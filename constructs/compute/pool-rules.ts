import { Token } from "cdktf";
import { bootDiskCatalog, isFlashOnly, isHyperdiskOnly, isPersistentOnly } from "../catalog/boot-disks";
import { type LocalSsds, machineType } from "../catalog/machine-types";
import {
  nodePoolCatalog,
  type Provisioning,
  provisioningSource,
  provisioningsOf,
} from "../catalog/node-pools";
import { regionOf } from "../catalog/regions";
import type { CombinationRule } from "./combination-rule";
import type { PoolRequest } from "./pool-request";
import { byDistance, zonesOffering } from "./pool-zones";

const flexStart = "https://cloud.google.com/kubernetes-engine/docs/concepts/dws";
const queuedProvisioning = "https://cloud.google.com/kubernetes-engine/docs/how-to/provisioningrequest";
const compactPlacement = "https://cloud.google.com/kubernetes-engine/docs/how-to/compact-placement";
const autoscaler = "https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler";
const reservations = "https://cloud.google.com/kubernetes-engine/docs/how-to/consuming-reservations";
const localSsds = "https://cloud.google.com/kubernetes-engine/docs/concepts/local-ssd";
const preloading = "https://cloud.google.com/kubernetes-engine/docs/how-to/data-container-image-preloading";
const nodeLabels = "https://cloud.google.com/kubernetes-engine/docs/how-to/creating-managing-labels";
const nodeTaints = "https://cloud.google.com/kubernetes-engine/docs/how-to/node-taints";
const kubernetesLabels = "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/";

const { podsPerNode, runSeconds, flexStartRunSeconds, nodesPerZoneMax, compactNodesMax } = nodePoolCatalog;
const { compactFamilies } = nodePoolCatalog;
const { sizeGiB } = bootDiskCatalog;

const labelName = /^(?=.{1,63}$)[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/;
const labelPrefix = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const networkTag = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const reservationName =
  /^(?:projects\/[a-z][a-z0-9-]{4,28}[a-z0-9]\/reservations\/)?[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\/reservationBlocks\/[a-z0-9-]+(?:\/reservationSubBlocks\/[a-z0-9-]+)?)?$/;
const diskImage =
  /^(?:https:\/\/www\.googleapis\.com\/compute\/v1\/)?(?:projects\/[a-z0-9:.-]+\/)?global\/images\/[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Taints that GKE puts on nodes by itself. */
const givenTaints = ["nvidia.com/gpu", "google.com/tpu", "cloud.google.com/gke-queued"];

/** What no node pool can combine, of whatever kind. */
export const poolRules: readonly CombinationRule[] = [
  {
    id: "one-size",
    property: "nodes",
    refused: ({ nodes, autoscaling }) => (nodes === undefined) === (autoscaling === undefined),
    remedy: "state either nodes, for a pool of one size, or autoscaling",
    source: autoscaler,
  },
  {
    id: "nodes-whole",
    property: "nodes",
    refused: ({ nodes }) => nodes !== undefined && !isWhole(nodes, 1),
    remedy: "use a whole number, at least 1; a pool that is to be empty at times takes autoscaling",
    source: nodePoolCatalog.source,
  },
  {
    id: "nodes-in-each-zone",
    property: "nodes",
    refused: ({ nodes, zones }) => nodes !== undefined && isWhole(nodes, 1) && nodes % zones.length > 0,
    remedy: ({ nodes = 0, zones }) => {
      const fewer = nodes - (nodes % zones.length);
      const either = fewer === 0 ? `${zones.length}` : `${fewer} or ${fewer + zones.length}`;
      return `each of the ${zones.length} zones has as many: use ${either}, or fewer zones`;
    },
    source: "https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters",
  },
  {
    id: "scaling-order",
    property: "autoscaling",
    refused: ({ autoscaling: scaling }) =>
      scaling !== undefined &&
      !(isWhole(scaling.min, 0) && isWhole(scaling.max, 1) && scaling.min <= scaling.max),
    remedy: "use whole numbers, a min of at least 0 and a max of at least 1 and no less than min",
    source: autoscaler,
  },
  {
    id: "nodes-per-zone",
    property: "zones",
    // Slices of TPUs are documented with more.
    refused: ({ kind, nodes = 0, autoscaling, zones }) =>
      kind !== "tpu" && Math.max(nodes, autoscaling?.max ?? 0) > nodesPerZoneMax * Math.max(zones.length, 1),
    remedy: `a pool has at most ${nodesPerZoneMax} nodes in a zone: use more zones, or several pools`,
    source: nodePoolCatalog.source,
  },
  {
    id: "zones-offer",
    property: "zones",
    refused: (request) => request.zones.length === 0 || zonesWithout(request).length > 0,
    remedy: (request) => {
      const { machineType: machine, accelerator, zones, cluster } = request;
      const what = accelerator === undefined ? machine : `${machine} with ${accelerator}`;
      const who =
        zones.length === 0
          ? `none of ${cluster.zones.join(", ")}, the cluster's zones, offers`
          : `${zonesWithout(request).join(", ")} ${zonesWithout(request).length === 1 ? "does" : "do"} not offer`;
      const near = byDistance(zonesOffering(request) ?? [], cluster.zones[0]).slice(0, 3);
      return `${who} ${what}; nearest: ${near.join(", ") || "none that is known"}`;
    },
    source: "https://cloud.google.com/compute/docs/gpus/gpu-regions-zones",
  },
  {
    id: "zones-of-region",
    property: "zones",
    refused: ({ zones, cluster }) => zones.some((zone) => regionOf(zone) !== regionOf(cluster.zones[0])),
    remedy: ({ cluster }) =>
      `nodes lie in their cluster's region: use zones of ${regionOf(cluster.zones[0])}`,
    source: "https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters",
  },
  {
    id: "zones-once",
    property: "zones",
    refused: ({ zones }) => new Set(zones).size < zones.length,
    remedy: "name each zone once",
    source: "https://cloud.google.com/kubernetes-engine/docs/concepts/regional-clusters",
  },
  {
    id: "spot-or-flex-start",
    property: "spot",
    refused: ({ spot, flexStart }) => spot && flexStart,
    remedy: "excludes flexStart: drop one",
    source: flexStart,
  },
  {
    id: "spot-or-reservation",
    property: "spot",
    refused: ({ spot, reservation }) => spot && reservation !== undefined,
    remedy: ({ reservation }) => `excludes reservation ${JSON.stringify(reservation)}: drop one`,
    source: "https://cloud.google.com/compute/docs/instances/reservations-overview#restrictions",
  },
  {
    id: "flex-start-or-reservation",
    property: "flexStart",
    refused: ({ flexStart, reservation }) => flexStart && reservation !== undefined,
    remedy: ({ reservation }) => `excludes reservation ${JSON.stringify(reservation)}: drop one`,
    source: flexStart,
  },
  {
    id: "flex-start-scales",
    property: "nodes",
    refused: ({ flexStart, nodes }) => flexStart && nodes !== undefined,
    remedy: "with flexStart nodes come when they are to be had: state autoscaling and not nodes",
    source: flexStart,
  },
  {
    id: "flex-start-without-repair",
    property: "autoRepair",
    refused: ({ flexStart, autoRepair }) => flexStart && autoRepair,
    remedy: "flexStart refuses it: leave it out, or state false",
    source: flexStart,
  },
  {
    id: "flex-start-without-blue-green",
    property: "upgrades",
    refused: ({ flexStart, upgrades }) => flexStart && upgrades === "blue-green",
    remedy: 'nodes with flexStart are not upgraded side by side: leave it out, or use "one-less"',
    source:
      "https://cloud.google.com/kubernetes-engine/docs/concepts/node-pool-upgrade-strategies#short-lived-upgrades",
  },
  {
    id: "flex-start-run",
    property: "maxRunSeconds",
    refused: ({ flexStart, maxRunSeconds: seconds }) =>
      flexStart && seconds !== undefined && isWhole(seconds, 1) && !isWithin(seconds, flexStartRunSeconds),
    remedy: `with flexStart nodes stay for ${flexStartRunSeconds.min} seconds to ${flexStartRunSeconds.max}, seven days`,
    source: flexStart,
  },
  {
    id: "run-seconds",
    property: "maxRunSeconds",
    refused: ({ flexStart, maxRunSeconds: seconds }) =>
      seconds !== undefined && !(isWhole(seconds, 1) && (flexStart || isWithin(seconds, runSeconds))),
    remedy: `use a whole number of seconds, ${runSeconds.min} to ${runSeconds.max}, 120 days`,
    source: "https://cloud.google.com/compute/docs/instances/limit-vm-runtime",
  },
  {
    id: "queued-is-flex-start",
    property: "queuedProvisioning",
    refused: ({ queuedProvisioning, flexStart }) => queuedProvisioning && !flexStart,
    remedy: "it is a way of flexStart: state that as true, or leave it out",
    source: queuedProvisioning,
  },
  {
    id: "queued-from-none",
    property: "autoscaling",
    refused: ({ queuedProvisioning, autoscaling }) => queuedProvisioning && (autoscaling?.min ?? 0) > 0,
    remedy: "with queuedProvisioning all nodes of a job come at once and go with it: use a min of 0",
    source: queuedProvisioning,
  },
  {
    id: "queued-or-reservation",
    property: "queuedProvisioning",
    refused: ({ queuedProvisioning, reservation }) => queuedProvisioning && reservation !== undefined,
    remedy: ({ reservation }) => `excludes reservation ${JSON.stringify(reservation)}: drop one`,
    source: queuedProvisioning,
  },
  {
    id: "queued-or-spot",
    property: "queuedProvisioning",
    refused: ({ queuedProvisioning, spot }) => queuedProvisioning && spot,
    remedy: "excludes spot: drop one",
    source: queuedProvisioning,
  },
  {
    id: "queued-or-compact",
    property: "compactPlacement",
    refused: ({ kind, queuedProvisioning, compactPlacement }) =>
      kind !== "tpu" && queuedProvisioning && compactPlacement,
    remedy: "excludes queuedProvisioning, unless the pool is one of TPUs: drop one",
    source: queuedProvisioning,
  },
  {
    id: "compact-in-one-zone",
    property: "compactPlacement",
    refused: ({ compactPlacement, zones }) => compactPlacement && zones.length > 1,
    remedy: ({ zones }) => `what lies close together lies in one zone: use zones: ["${zones[0]}"]`,
    source: compactPlacement,
  },
  {
    id: "compact-family",
    property: "compactPlacement",
    refused: ({ kind, compactPlacement, machineType: name }) => {
      const machine = machineType(name);
      return (
        kind !== "tpu" &&
        compactPlacement &&
        machine !== undefined &&
        !compactFamilies.includes(machine.family)
      );
    },
    remedy: ({ machineType: name }) =>
      `${name} cannot lie close together; machines of ${compactFamilies.join(", ")} can`,
    source: "https://cloud.google.com/compute/docs/instances/placement-policies-overview",
  },
  {
    id: "compact-without-blue-green",
    property: "upgrades",
    refused: ({ compactPlacement, upgrades }) => compactPlacement && upgrades === "blue-green",
    remedy: 'nodes that lie close together have no second pool beside them: use "one-less" or "surge"',
    source: compactPlacement,
  },
  {
    id: "compact-nodes",
    property: "compactPlacement",
    refused: ({ compactPlacement, nodes = 0, autoscaling }) =>
      compactPlacement && Math.max(nodes, autoscaling?.max ?? 0) > compactNodesMax,
    remedy: `at most ${compactNodesMax} nodes lie close together: use several pools`,
    source: compactPlacement,
  },
  {
    id: "provisioning",
    property: "machineType",
    refused: (request) => !provisioningsOf(request.machineType).includes(provisioningOf(request)),
    remedy: ({ machineType: name }) => {
      const ways = provisioningsOf(name).map((way) => provisioningProps[way]);
      return `${name} is to be had with ${ways.join(", or with ")} only: state that`;
    },
    source: provisioningSource,
  },
  {
    id: "reservation-name",
    property: "reservation",
    refused: ({ reservation }) => reservation !== undefined && !hasForm(reservationName, reservation),
    remedy: "use the reservation's name, or projects/P/reservations/R for one that another project shares",
    source: reservations,
  },
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
  {
    id: "multi-networking",
    property: "additionalNetworks",
    refused: ({ additionalNetworks, cluster }) => additionalNetworks.length > 0 && !cluster.multiNetworking,
    remedy:
      "nodes have further networks only where the cluster has multi-networking, and with it Dataplane V2: turn on its multiNetworking, or leave it out",
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/setup-multinetwork-support-for-pods",
  },
  {
    id: "pods-per-node",
    property: "maxPodsPerNode",
    refused: ({ maxPodsPerNode: pods }) => !(isWhole(pods, 1) && isWithin(pods, podsPerNode)),
    remedy: `use a whole number, ${podsPerNode.min} to ${podsPerNode.max}`,
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr",
  },
  {
    id: "pods-within-plan",
    property: "maxPodsPerNode",
    refused: ({ maxPodsPerNode: pods, cluster: { podsPlanned } }) =>
      isWhole(pods, 1) && isWithin(pods, podsPerNode) && podsPlanned !== undefined && pods > podsPlanned,
    remedy: ({ maxPodsPerNode: pods, cluster: { podsPlanned } }) =>
      `use at most ${podsPlanned}, which the subnet was planned for, or plan it with podsPerNode ${pods}`,
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr",
  },
  {
    id: "label-form",
    property: "labels",
    refused: ({ labels }) =>
      Object.entries(labels).some(([key, value]) => !isLabelKey(key) || !isLabelValue(value)),
    remedy:
      "use as key an optional prefix/ and 1 to 63 letters, digits, hyphens, underscores and dots, as value at most 63 of them, a letter or digit first and last",
    source: kubernetesLabels,
  },
  {
    id: "label-reserved",
    property: "labels",
    refused: ({ labels }) => Object.keys(labels).some(isReserved),
    remedy:
      "GKE and Kubernetes keep cloud.google.com/gke-, kubernetes.io/ and k8s.io/ for themselves: use a prefix of your own",
    source: nodeLabels,
  },
  {
    id: "taint-form",
    property: "taints",
    refused: ({ taints }) => taints.some(({ key, value }) => !isLabelKey(key) || !isLabelValue(value)),
    remedy:
      "use as key an optional prefix/ and 1 to 63 letters, digits, hyphens, underscores and dots, as value at most 63 of them, a letter or digit first and last",
    source: kubernetesLabels,
  },
  {
    id: "taint-given",
    property: "taints",
    refused: ({ taints }) => taints.some(({ key }) => givenTaints.includes(key)),
    remedy: `GKE adds ${givenTaints.join(", ")} by itself, where they belong: leave them out`,
    source: nodeTaints,
  },
  {
    id: "taint-once",
    property: "taints",
    refused: ({ taints }) =>
      new Set(taints.map(({ key, effect }) => `${key}:${effect}`)).size < taints.length,
    remedy: "state each key once with each effect",
    source: nodeTaints,
  },
  {
    id: "network-tags",
    property: "networkTags",
    refused: ({ networkTags: tags }) =>
      tags.some((tag) => !hasForm(networkTag, tag)) || new Set(tags).size < tags.length,
    remedy:
      "use different tags, each of 1 to 63 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    source: "https://cloud.google.com/vpc/docs/add-remove-network-tags",
  },
];

const noSsds: LocalSsds = { choices: [], bundled: 0, sizeGiB: 0 };

const provisioningProps: Readonly<Record<Provisioning, string>> = {
  "on-demand": "neither spot nor flexStart nor a reservation",
  spot: "spot",
  "flex-start": "flexStart",
  reservation: "a reservation",
};

function provisioningOf({ spot, flexStart, reservation }: PoolRequest): Provisioning {
  if (reservation !== undefined) return "reservation";
  if (flexStart) return "flex-start";
  return spot ? "spot" : "on-demand";
}

function zonesWithout(request: PoolRequest): readonly string[] {
  const offering = zonesOffering(request);
  return offering === undefined ? [] : request.zones.filter((zone) => !offering.includes(zone));
}

function ssdNumbers({ choices, bundled }: LocalSsds): readonly number[] {
  return bundled > 0 ? [bundled] : [0, ...choices];
}

function isWhole(value: number, min: number): boolean {
  return Number.isInteger(value) && value >= min;
}

function isWithin(value: number, { min, max }: { readonly min: number; readonly max: number }): boolean {
  return value >= min && value <= max;
}

function isLabelKey(key: string): boolean {
  const [name, prefix, ...rest] = key.split("/").reverse();
  return labelName.test(name) && (prefix === undefined || labelPrefix.test(prefix)) && rest.length === 0;
}

function isLabelValue(value: string): boolean {
  return value === "" || hasForm(labelName, value);
}

/** What is known at apply only is not judged. */
export function hasForm(pattern: RegExp, text: string): boolean {
  return Token.isUnresolved(text) || pattern.test(text);
}

function isReserved(key: string): boolean {
  if (key.startsWith("cloud.google.com/gke-")) return true;
  const [prefix, name] = key.split("/");
  return name !== undefined && /(?:^|\.)(?:kubernetes|k8s)\.io$/.test(prefix);
}

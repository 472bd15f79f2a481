import type { CombinationRule } from "./combination-rule";
import { hasForm } from "./value-forms";

const nodeLabels = "https://cloud.google.com/kubernetes-engine/docs/how-to/creating-managing-labels";
const nodeTaints = "https://cloud.google.com/kubernetes-engine/docs/how-to/node-taints";
const kubernetesLabels = "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/";

const labelName = /^(?=.{1,63}$)[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/;
const labelPrefix = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const networkTag = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Taints that GKE puts on nodes by itself. */
const givenTaints = ["nvidia.com/gpu", "google.com/tpu", "cloud.google.com/gke-queued"];

/** Labels and taints that Kubernetes refuses or GKE keeps for itself, and tags that no firewall rule can name. */
export const labelRules: readonly CombinationRule[] = [
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

function isLabelKey(key: string): boolean {
  const [name, prefix, ...rest] = key.split("/").reverse();
  return labelName.test(name) && (prefix === undefined || labelPrefix.test(prefix)) && rest.length === 0;
}

function isLabelValue(value: string): boolean {
  return value === "" || hasForm(labelName, value);
}

function isReserved(key: string): boolean {
  if (key.startsWith("cloud.google.com/gke-")) return true;
  const [prefix, name] = key.split("/");
  return name !== undefined && /(?:^|\.)(?:kubernetes|k8s)\.io$/.test(prefix);
}

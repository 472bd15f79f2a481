import { acceleratorFacts, isAccelerator, type MigProfile } from "../catalog/accelerators";
import { countsOf, countsOffered, machineType, machineTypes } from "../catalog/machine-types";
import { nodePoolCatalog } from "../catalog/node-pools";
import { didYouMean } from "../suggestion";
import type { CombinationRule } from "./combination-rule";
import { machinesWith } from "./gpu-machine";
import type { PoolRequest } from "./pool-request";
import { hasForm } from "./value-forms";

const gpus = "https://cloud.google.com/compute/docs/gpus";
const sharing = "https://cloud.google.com/kubernetes-engine/docs/concepts/timesharing-gpus";
const mig = "https://cloud.google.com/kubernetes-engine/docs/how-to/gpus-multi";
const gpuDirect = "https://cloud.google.com/kubernetes-engine/docs/how-to/gpu-bandwidth-gpudirect-tcpx";
const gvnic = "https://cloud.google.com/compute/docs/networking/using-gvnic";

const resourceName = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const clientsPerGpu = { min: 2, max: 48 };

/** Interfaces beside the first that any machine can have. */
const FURTHER_NICS_MAX = 7;

/** Families that also have the network interface that came before gVNIC. */
const virtioFamilies = ["n1", "a2"];

/** What a pool of GPUs cannot combine, beside what no pool can. */
export const gpuPoolRules: readonly CombinationRule[] = [
  {
    id: "gpu-is-gpu",
    property: "accelerator",
    refused: (request) => factsOf(request)?.kind === "tpu",
    remedy: "it is no GPU: use a TpuNodePool",
    source: "https://cloud.google.com/kubernetes-engine/docs/concepts/tpus",
  },
  {
    id: "machine-known",
    property: "machineType",
    refused: ({ machineType: name }) => name !== "" && machineType(name) === undefined,
    remedy: ({ machineType: name, accelerator }) => {
      const known = accelerator === undefined ? [] : machinesWith(accelerator).map((machine) => machine.name);
      const suggestion = didYouMean(
        name,
        machineTypes().map((machine) => machine.name),
      );
      return `${suggestion}Use one of ${known.join(", ") || "those in the catalog"}, or leave it out`;
    },
    source: gpus,
  },
  {
    id: "machine-has-accelerator",
    property: "machineType",
    refused: (request) => {
      const machine = machineType(request.machineType);
      const { accelerator } = request;
      return (
        machine !== undefined && accelerator !== undefined && countsOf(machine, accelerator).length === 0
      );
    },
    remedy: ({ machineType: name, accelerator }) => {
      const machines =
        accelerator === undefined ? [] : machinesWith(accelerator).map((machine) => machine.name);
      return `${name} has no ${accelerator}: use one of ${machines.join(", ")}, or leave it out`;
    },
    source: gpus,
  },
  {
    id: "per-node",
    property: "perNode",
    refused: ({ machineType: name, accelerator, perNode }) => {
      if (accelerator === undefined || perNode === undefined || !isAccelerator(accelerator)) return false;
      const machine = machineType(name);
      const counts = machine === undefined ? [] : countsOf(machine, accelerator);
      return !(counts.length > 0 ? counts : countsOffered(accelerator)).includes(perNode);
    },
    remedy: ({ machineType: name, accelerator, perNode }) => {
      if (accelerator === undefined || perNode === undefined) return "state it";
      const machine = machineType(name);
      const counts = machine === undefined ? [] : countsOf(machine, accelerator);
      const [fitting] = machinesWith(accelerator, perNode);
      if (fitting !== undefined)
        return `${name} has ${counts.join(" or ")} ${accelerator}: use that, or machineType "${fitting.name}"`;
      return `machines have ${countsOffered(accelerator).join(", ")} ${accelerator}: use one of these`;
    },
    source: gpus,
  },
  {
    id: "mig-profile",
    property: "migProfile",
    refused: (request) => {
      const profiles = profilesOf(request);
      return (
        request.migProfile !== undefined &&
        profiles !== undefined &&
        !profiles.some(({ name }) => name === request.migProfile)
      );
    },
    remedy: (request) => {
      const names = (profilesOf(request) ?? []).map(({ name }) => name);
      if (names.length === 0) return `${request.accelerator} cannot be partitioned: leave it out`;
      return `${didYouMean(request.migProfile, names)}${request.accelerator} has ${names.join(", ")}`;
    },
    source: mig,
  },
  {
    id: "sharing-clients",
    property: "sharing",
    refused: ({ sharing: shared }) =>
      shared !== undefined &&
      !(
        Number.isInteger(shared.clientsMax) &&
        shared.clientsMax >= clientsPerGpu.min &&
        shared.clientsMax <= clientsPerGpu.max
      ),
    remedy: `use a whole number of clientsMax, ${clientsPerGpu.min} to ${clientsPerGpu.max}`,
    source: sharing,
  },
  {
    id: "fast-socket-gvnic",
    property: "fastSocket",
    refused: ({ fastSocket, gvnic: enabled }) => fastSocket && !enabled,
    remedy: "it works on gVNIC only: leave out gvnic, or leave it out",
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/nccl-fast-socket",
  },
  {
    id: "fast-socket-or-gpu-direct",
    property: "fastSocket",
    refused: ({ fastSocket, additionalNetworks }) => fastSocket && additionalNetworks.length > 0,
    remedy:
      "NCCL has one way between machines, and GPUDirect over additionalNetworks is the faster: drop one",
    source: gpuDirect,
  },
  {
    id: "gvnic-only",
    property: "gvnic",
    refused: ({ gvnic: enabled, machineType: name }) => {
      const machine = machineType(name);
      return !enabled && machine !== undefined && !virtioFamilies.includes(machine.family);
    },
    remedy: ({ machineType: name }) => `${name} has no other network interface: leave it out`,
    source: gvnic,
  },
  {
    id: "domain-placement",
    property: "placementPolicy",
    refused: ({ machineType: name, placementPolicy, nodes = 0, autoscaling }) =>
      placementPolicy === undefined &&
      nodePoolCatalog.domainFamilies.includes(machineType(name)?.family ?? "") &&
      Math.max(nodes, autoscaling?.max ?? 0) > 1,
    remedy: ({ machineType: name }) =>
      `GPUs of several ${name} are wired to each other: name the resource policy that says in which shape`,
    source: "https://cloud.google.com/ai-hypercomputer/docs/placement-policy-and-workload-policy",
  },
  {
    id: "placement-policy-compact",
    property: "placementPolicy",
    refused: ({ placementPolicy, compactPlacement }) => placementPolicy !== undefined && !compactPlacement,
    remedy: "it says how nodes lie close together: leave out compactPlacement, or leave it out",
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/compact-placement",
  },
  {
    id: "placement-policy-name",
    property: "placementPolicy",
    refused: ({ placementPolicy }) =>
      placementPolicy !== undefined && !hasForm(resourceName, placementPolicy),
    remedy:
      "state the policy's name alone, of 1 to 63 lower-case letters, digits and hyphens, a letter first",
    source: "https://cloud.google.com/kubernetes-engine/docs/how-to/compact-placement",
  },
  {
    id: "gpu-direct-networks",
    property: "additionalNetworks",
    refused: ({ machineType: name, additionalNetworks: networks }) => {
      const nics = machineType(name)?.acceleratorNics ?? 0;
      return (
        networks.length > 0 &&
        (networks.length < nics || networks.length > Math.max(nics + 1, FURTHER_NICS_MAX))
      );
    },
    remedy: ({ machineType: name }) => {
      const nics = machineType(name)?.acceleratorNics ?? 0;
      if (nics === 0) return `a machine has at most ${FURTHER_NICS_MAX} further interfaces: use fewer`;
      return `GPUs of ${name} talk over ${nics} interfaces: use ${nics} networks, one for each`;
    },
    source: gpuDirect,
  },
];

/** Nothing for an accelerator that is none, which is a finding by itself. */
function factsOf({ accelerator }: PoolRequest) {
  return accelerator === undefined || !isAccelerator(accelerator) ? undefined : acceleratorFacts(accelerator);
}

function profilesOf(request: PoolRequest): readonly MigProfile[] | undefined {
  return factsOf(request)?.migProfiles;
}

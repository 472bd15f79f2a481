import { z } from "zod";
import { gpuNames, tpuNames } from "../constructs/catalog/accelerators";
import { instructionSets } from "../constructs/catalog/cpu-platforms";
import { gkeCatalog } from "../constructs/catalog/gke";
import { zonesOf } from "../constructs/catalog/regions";
import { spotTrainingScaling } from "../constructs/compute/spot-training-pool";
import { findTpuSlice } from "../constructs/compute/tpu-slice";
import { type Finding, under } from "../constructs/construct-error";
import { didYouMean } from "../constructs/suggestion";
import { entriesOf, fieldsOfType, valueAt } from "./fields";

/** What all GPUs on demand count against beside their own quota. */
const ALL_GPUS = "all-gpus";

const scaling = z
  .strictObject({ min: z.number(), max: z.number() })
  .describe("Fewest and most nodes of all zones together.");
const zones = z
  .array(z.string())
  .optional()
  .describe("Zones of the environment. Default: those that offer the machine.");
const machineType = z.string().optional().describe("Default: the cheapest that has what is asked for.");
const reservation = z.string().optional().describe("Reservation that the nodes come from. Default: none.");
const spot = z
  .boolean()
  .optional()
  .describe("Whether nodes cost less and can be taken away at any moment. Default: false.");
const flexStart = z
  .boolean()
  .optional()
  .describe("Whether nodes are waited for, and stay seven days at most. Default: false.");

const gpuNodes = {
  accelerator: z.enum(gpuNames).describe("GPU of the nodes."),
  perNode: z.number().describe("GPUs of one node."),
  machineType,
  zones,
};

const gpuPool = {
  ...gpuNodes,
  autoscaling: scaling,
  spot,
  reservation,
  flexStart,
  migProfile: z.string().optional().describe("Parts that each GPU is cut into. Default: it is whole."),
  sharing: z
    .strictObject({ strategy: z.enum(["time-sharing", "mps"]), clientsMax: z.number() })
    .optional()
    .describe("How containers share a GPU. Default: each has its own."),
};

const tpuPool = {
  accelerator: z.enum(tpuNames).describe("Generation of the TPUs."),
  topology: z.string().describe("Chips along each axis of a slice, as 2x4."),
  autoscaling: scaling.optional().describe("Default: from none to one slice."),
  zones,
  spot,
  reservation,
  flexStart,
};

const cpuPool = {
  instructionSet: z
    .enum(instructionSets)
    .optional()
    .describe("Instructions that every node has. Default: any."),
  vcpus: z.number().optional().describe("Processors of a node, at least. Default: 4."),
  memoryGiB: z
    .number()
    .optional()
    .describe("Memory of a node, at least. Default: what comes with the machine."),
  machineType,
  zones,
  autoscaling: scaling,
  spot,
};

const spotPool = {
  ...gpuNodes,
  autoscaling: scaling.optional().describe("Default: from none to 8."),
};

/** What an environment states about its cluster. */
export const platformSchema = z.strictObject({
  subnet: z.string().optional().describe("Subnet of the network that has podsPerNode. Default: clusters."),
  releaseChannel: z
    .enum(gkeCatalog.releaseChannels)
    .describe("How soon Kubernetes' versions reach the cluster."),
  maintenanceWindow: z
    .strictObject({
      days: z.array(z.enum(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])),
      opensAt: z.string(),
      hours: z.number(),
    })
    .optional()
    .describe("When GKE may upgrade the cluster, in UTC. Default: Saturdays and Sundays, 00:00 to 08:00."),
  systemPool: z
    .strictObject({ machineType: z.string(), autoscaling: scaling })
    .describe("Nodes for what needs no accelerator."),
  backup: z
    .strictObject({
      retainDays: z.number().optional().describe("Days for which a backup is kept. Default: 30."),
      hour: z.number().optional().describe("Hour of the day, in UTC. Default: 3."),
    })
    .optional()
    .describe("When the cluster is backed up. Default: never."),
  pools: z
    .strictObject({
      gpu: z.record(z.string(), z.strictObject(gpuPool)),
      tpu: z.record(z.string(), z.strictObject(tpuPool)),
      cpuServing: z.record(z.string(), z.strictObject(cpuPool)),
      spotTraining: z.record(z.string(), z.strictObject(spotPool)),
    })
    .describe("Pools by kind and name."),
});

/** Pools of an environment by name, whatever is wrong with them, each with the kind under which it is stated. */
export function poolsOf(environment: unknown): [name: string, kind: string, settings: unknown][] {
  return entriesOf(valueAt(environment, ["platform", "pools"])).flatMap(([kind, pools]) =>
    entriesOf(pools).map(([name, settings]): [string, string, unknown] => [name, kind, settings]),
  );
}

/** What the constructs cannot judge, each by itself: pools beside each other, and beside what else is stated. */
export function checkPlatform(environment: unknown): Finding[] {
  return [
    ...checkSubnet(environment),
    ...checkPoolNames(environment),
    ...checkPoolZones(environment),
    ...checkPoolQuotas(environment),
    ...checkAddresses(environment),
  ].map((finding) => under("platform", finding));
}

function checkSubnet(environment: unknown): Finding[] {
  const subnets = entriesOf(valueAt(environment, ["network", "subnets"]));
  const stated = valueAt(environment, ["platform", "subnet"]);
  const name = stated === undefined ? "clusters" : stated;
  const platform = valueAt(environment, ["platform"]);
  if (platform === undefined || subnets.length === 0 || typeof name !== "string") return [];
  const found = subnets.find(([subnet]) => subnet === name);
  const withPods = subnets.filter(([, size]) => valueAt(size, ["podsPerNode"]) !== undefined);
  if (found !== undefined && withPods.includes(found)) return [];
  const names = withPods.map(([subnet]) => subnet);
  const remedy =
    found === undefined
      ? `${didYouMean(name, names)}Name one of network.subnets with podsPerNode: ${names.join(", ") || "there is none"}`
      : `state network.subnets.${name}.podsPerNode: pods have addresses of their own`;
  return [{ property: "subnet", received: stated, remedy }];
}

/** In a cluster a name stands for one pool, of whatever kind. */
function checkPoolNames(environment: unknown): Finding[] {
  const pools = poolsOf(environment);
  return pools.flatMap(([name, kind], index) => {
    const other = pools.slice(0, index).find(([earlier]) => earlier === name);
    if (other === undefined) return [];
    const remedy = `use another name: pools.${other[1]} has it too`;
    return [{ property: `pools.${kind}.${name}`, received: name, remedy }];
  });
}

/** Zones of an environment; none where they are not all zones of its region, which has a finding of its own. */
export function zonesOfEnvironment(environment: unknown): readonly string[] {
  const stated = valueAt(environment, ["zones"]);
  const known = zonesOf(String(valueAt(environment, ["region"])));
  return Array.isArray(stated) && stated.every((zone) => known.includes(zone)) ? stated : [];
}

function checkPoolZones(environment: unknown): Finding[] {
  const known = zonesOfEnvironment(environment);
  if (known.length === 0) return [];
  return poolsOf(environment).flatMap(([name, kind, settings]) => {
    const stated = valueAt(settings, ["zones"]);
    if (!Array.isArray(stated)) return [];
    return stated.flatMap((zone, index) => {
      if (known.includes(zone)) return [];
      const remedy = `${didYouMean(zone, known)}Use the environment's zones, ${known.join(", ")}, or add it there`;
      return [{ property: `pools.${kind}.${name}.zones[${index}]`, received: zone, remedy }];
    });
  });
}

/** Where a subnet has no address left, no node is added, whatever a pool may have. */
function checkAddresses(environment: unknown): Finding[] {
  const stated = valueAt(environment, ["platform", "subnet"]);
  const subnet = typeof stated === "string" ? stated : "clusters";
  const nodes = valueAt(environment, ["network", "subnets", subnet, "nodes"]);
  const system = valueAt(environment, ["platform", "systemPool", "autoscaling", "max"]);
  if (typeof nodes !== "number" || typeof system !== "number") return [];
  const needed = poolsOf(environment).reduce(
    (sum, [, kind, settings]) => sum + (nodesMaxOf(kind, settings) ?? 0),
    system,
  );
  if (needed <= nodes) return [];
  const remedy = `raise network.subnets.${subnet}.nodes, which is ${nodes}, or lower autoscaling.max: all pools together can have ${needed} nodes`;
  return [{ property: "pools", received: `${needed} nodes`, remedy }];
}

/** Google compares with the quota only when a node is made: what can never be had is said here. */
function checkPoolQuotas(environment: unknown): Finding[] {
  const asked = new Map<string, { count: number; pools: string[] }>();
  for (const [name, kind, settings] of poolsOf(environment)) {
    const { accelerator, count, spot: isSpot } = demandOf(kind, settings);
    if (accelerator === undefined || count === undefined) continue;
    const shared = isSpot || kind === "tpu" ? [] : [`${ALL_GPUS} onDemand`];
    for (const quota of [`${accelerator} ${isSpot ? "spot" : "onDemand"}`, ...shared]) {
      const { count: before = 0, pools = [] } = asked.get(quota) ?? {};
      asked.set(quota, { count: before + count, pools: [...pools, `${kind}.${name}`] });
    }
  }
  return [...asked].flatMap(([quota, { count, pools }]) => {
    const [accelerator, kind] = quota.split(" ");
    const limit = valueAt(environment, ["quotas", "accelerators", accelerator, kind]);
    if (typeof limit !== "number" || limit < 0 || count <= limit) return [];
    const ofSlices = pools[0].startsWith("tpu.");
    const remedy = `${pools.join(" and ")} can have ${count} ${accelerator === ALL_GPUS ? "GPUs on demand" : accelerator}, and quotas.accelerators.${accelerator}.${kind} is ${limit}: ${ofSlices ? "use fewer" : "lower autoscaling.max"}, or raise the quota`;
    const property = `pools.${pools[0]}.${ofSlices ? "topology" : "autoscaling.max"}`;
    return [{ property, received: count, remedy }];
  });
}

/** The most accelerators that a pool can have, as far as its own values say so. */
function demandOf(kind: string, settings: unknown) {
  const accelerator = valueAt(settings, ["accelerator"]);
  const perNode = valueAt(settings, ["perNode"]);
  const max = nodesMaxOf(kind, settings);
  const ofGpus = typeof perNode === "number" && max !== undefined ? perNode * max : undefined;
  return {
    accelerator: typeof accelerator === "string" ? accelerator : undefined,
    count: kind === "tpu" ? chipsOfSlice(settings) : ofGpus,
    spot: kind === "spotTraining" || valueAt(settings, ["spot"]) === true,
  };
}

/** The chips of one slice, which is the least that a pool is for. A topology that there is not has another finding. */
function chipsOfSlice(settings: unknown): number | undefined {
  const { accelerator, topology } = fieldsOfType(tpuPool, settings);
  if (accelerator === undefined || topology === undefined) return undefined;
  return findTpuSlice({ accelerator, topology })?.chips;
}

/** The most nodes that a pool can have, as far as its own values say so: those of a TPU slice follow from it. */
export function nodesMaxOf(kind: string, settings: unknown): number | undefined {
  const scale = valueAt(settings, ["autoscaling"]);
  const max = valueAt(scale, ["max"]);
  if (typeof max === "number") return max;
  return scale === undefined && kind === "spotTraining" ? spotTrainingScaling.max : undefined;
}

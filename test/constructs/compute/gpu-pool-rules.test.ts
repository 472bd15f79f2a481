import { Token } from "cdktf";
import fc from "fast-check";
import { Accelerator } from "../../../constructs";
import { type CombinationRule, checkCombinations } from "../../../constructs/compute/combination-rule";
import { gpuPoolRules } from "../../../constructs/compute/gpu-pool-rules";
import type { PoolRequest } from "../../../constructs/compute/pool-request";
import { poolRules } from "../../../constructs/compute/pool-rules";
import { l4Request, machines } from "../../support/pool-requests";

const rules = [...poolRules, ...gpuPoolRules];

/** A request that one rule alone refuses, what it says, and a request as near as can be that none refuses. */
interface Case {
  readonly id: string;
  readonly refused: Partial<PoolRequest>;
  readonly remedy: string;
  readonly allowed: Partial<PoolRequest>;
}

const { zones, cluster } = l4Request();
const [oneZone] = zones;
const { t4, a100, h100, oneH100, a4x, v6e } = machines;
const manyZones = { autoscaling: undefined };
const spotTaint = { key: "cloud.google.com/gke-spot", value: "true", effect: "NoSchedule" } as const;
const flexStart = { flexStart: true, autoRepair: false };
const networks = (count: number) => Array.from({ length: count }, (_, index) => `gpus-${index}`);
const labelForm =
  "use as key an optional prefix/ and 1 to 63 letters, digits, hyphens, underscores and dots, as value at most 63 of them, a letter or digit first and last";
const image = "projects/acme-ml-dev/global/images/vllm";

const cases: readonly Case[] = [
  {
    id: "one-size",
    refused: { nodes: 3 },
    remedy: "state either nodes, for a pool of one size, or autoscaling",
    allowed: { ...manyZones, nodes: 3 },
  },
  {
    id: "nodes-whole",
    refused: { ...manyZones, nodes: 0 },
    remedy: "use a whole number, at least 1; a pool that is to be empty at times takes autoscaling",
    allowed: { ...manyZones, nodes: 3 },
  },
  {
    id: "nodes-in-each-zone",
    refused: { ...manyZones, nodes: 4 },
    remedy: "each of the 3 zones has as many: use 3 or 6, or fewer zones",
    allowed: { ...manyZones, nodes: 4, zones: zones.slice(0, 2) },
  },
  {
    id: "scaling-order",
    refused: { autoscaling: { min: 9, max: 8 } },
    remedy: "use whole numbers, a min of at least 0 and a max of at least 1 and no less than min",
    allowed: { autoscaling: { min: 8, max: 8 } },
  },
  {
    id: "nodes-per-zone",
    refused: { autoscaling: { min: 0, max: 3_001 } },
    remedy: "a pool has at most 1000 nodes in a zone: use more zones, or several pools",
    allowed: { autoscaling: { min: 0, max: 3_000 } },
  },
  {
    id: "zones-offer",
    refused: { zones: ["europe-west4-d"] },
    remedy:
      "europe-west4-d does not offer g2-standard-4 with nvidia-l4; nearest: europe-west4-a, europe-west4-b, europe-west4-c",
    allowed: { zones: ["europe-west4-c"] },
  },
  {
    id: "zones-of-region",
    refused: { zones: ["us-central1-a"] },
    remedy: "nodes lie in their cluster's region: use zones of europe-west4",
    allowed: { zones: ["us-central1-a"], cluster: { ...cluster, zones: ["us-central1-b"] } },
  },
  {
    id: "zones-once",
    refused: { zones: [oneZone, oneZone] },
    remedy: "name each zone once",
    allowed: { zones: [oneZone] },
  },
  {
    id: "spot-or-flex-start",
    refused: { ...flexStart, spot: true },
    remedy: "excludes flexStart: drop one",
    allowed: { spot: true },
  },
  {
    id: "spot-or-reservation",
    refused: { spot: true, reservation: "gpus" },
    remedy: 'excludes reservation "gpus": drop one',
    allowed: { reservation: "gpus" },
  },
  {
    id: "flex-start-or-reservation",
    refused: { ...flexStart, reservation: "gpus" },
    remedy: 'excludes reservation "gpus": drop one',
    allowed: flexStart,
  },
  {
    id: "flex-start-scales",
    refused: { ...flexStart, ...manyZones, nodes: 3 },
    remedy: "with flexStart nodes come when they are to be had: state autoscaling and not nodes",
    allowed: { ...flexStart, autoscaling: { min: 3, max: 3 } },
  },
  {
    id: "flex-start-without-repair",
    refused: { flexStart: true, autoRepair: true },
    remedy: "flexStart refuses it: leave it out, or state false",
    allowed: { flexStart: true, autoRepair: false },
  },
  {
    id: "flex-start-without-blue-green",
    refused: { ...flexStart, upgrades: "blue-green" },
    remedy: 'nodes with flexStart are not upgraded side by side: leave it out, or use "one-less"',
    allowed: { upgrades: "blue-green" },
  },
  {
    id: "flex-start-run",
    refused: { ...flexStart, maxRunSeconds: 604_801 },
    remedy: "with flexStart nodes stay for 600 seconds to 604800, seven days",
    allowed: { ...flexStart, maxRunSeconds: 604_800 },
  },
  {
    id: "run-seconds",
    refused: { maxRunSeconds: 29 },
    remedy: "use a whole number of seconds, 30 to 10368000, 120 days",
    allowed: { maxRunSeconds: 30 },
  },
  {
    id: "queued-is-flex-start",
    refused: { queuedProvisioning: true },
    remedy: "it is a way of flexStart: state that as true, or leave it out",
    allowed: { ...flexStart, queuedProvisioning: true },
  },
  {
    id: "queued-from-none",
    refused: { ...flexStart, queuedProvisioning: true, autoscaling: { min: 1, max: 8 } },
    remedy: "with queuedProvisioning all nodes of a job come at once and go with it: use a min of 0",
    allowed: { ...flexStart, autoscaling: { min: 1, max: 8 } },
  },
  {
    id: "queued-or-reservation",
    refused: { queuedProvisioning: true, reservation: "gpus" },
    remedy: 'excludes reservation "gpus": drop one',
    allowed: { reservation: "gpus" },
  },
  {
    id: "queued-or-spot",
    refused: { queuedProvisioning: true, spot: true },
    remedy: "excludes spot: drop one",
    allowed: { spot: true },
  },
  {
    id: "queued-or-compact",
    refused: { ...flexStart, queuedProvisioning: true, compactPlacement: true, zones: [oneZone] },
    remedy: "excludes queuedProvisioning, unless the pool is one of TPUs: drop one",
    allowed: {
      ...flexStart,
      queuedProvisioning: true,
      compactPlacement: true,
      zones: [oneZone],
      kind: "tpu",
    },
  },
  {
    id: "compact-in-one-zone",
    refused: { compactPlacement: true },
    remedy: 'what lies close together lies in one zone: use zones: ["europe-west4-a"]',
    allowed: { compactPlacement: true, zones: [oneZone] },
  },
  {
    id: "compact-family",
    refused: { ...t4, compactPlacement: true, zones: ["europe-west4-b"] },
    remedy:
      "n1-standard-4 cannot lie close together; machines of a2, a3, a4, a4x, c2, c2d, c3, c3d, c4, c4a, c4d, g2, g4, h3, h4d, n2, n2d can",
    allowed: { ...t4, zones: ["europe-west4-b"] },
  },
  {
    id: "compact-without-blue-green",
    refused: { compactPlacement: true, zones: [oneZone], upgrades: "blue-green" },
    remedy: 'nodes that lie close together have no second pool beside them: use "one-less" or "surge"',
    allowed: { compactPlacement: true, zones: [oneZone], upgrades: "surge" },
  },
  {
    id: "compact-nodes",
    refused: { compactPlacement: true, autoscaling: { min: 0, max: 1_501 } },
    remedy: "at most 1500 nodes lie close together: use several pools",
    allowed: { autoscaling: { min: 0, max: 1_501 } },
  },
  {
    id: "provisioning",
    refused: oneH100,
    remedy: "a3-highgpu-1g is to be had with spot, or with flexStart only: state that",
    allowed: { ...oneH100, spot: true },
  },
  {
    id: "reservation-name",
    refused: { reservation: "projects/acme-ml-dev/gpus" },
    remedy: "use the reservation's name, or projects/P/reservations/R for one that another project shares",
    allowed: { reservation: "projects/acme-ml-dev/reservations/gpus" },
  },
  {
    id: "boot-disk-type",
    refused: v6e,
    remedy: 'ct6e-standard-1t has no persistent disks: use "hyperdisk-balanced"',
    allowed: { bootDiskType: "pd-ssd" },
  },
  {
    id: "boot-disk-hyperdisk",
    refused: { bootDiskType: "hyperdisk-balanced" },
    remedy: 'g2-standard-4 cannot have it: use "pd-balanced" or "pd-ssd"',
    allowed: { ...h100, bootDiskType: "hyperdisk-balanced" },
  },
  {
    id: "boot-disk-standard",
    refused: { bootDiskType: "pd-standard" },
    remedy: 'g2-standard-4 cannot have it: use "pd-balanced"',
    allowed: { ...t4, bootDiskType: "pd-standard" },
  },
  {
    id: "boot-disk-size",
    refused: { bootDiskGiB: 9 },
    remedy: "use a whole number, 10 to 65536",
    allowed: { bootDiskGiB: 10 },
  },
  {
    id: "local-ssds",
    refused: { localSsds: 3 },
    remedy: "g2-standard-4 has 0 or 1 of 375 GiB",
    allowed: { localSsds: 1 },
  },
  {
    id: "preloading-streams",
    refused: { preloadedImages: image, cluster: { ...cluster, imageStreaming: false } },
    remedy:
      "images are preloaded where the cluster streams images only: turn on its imageStreaming, or leave it out",
    allowed: { preloadedImages: image },
  },
  {
    id: "preloaded-images",
    refused: { preloadedImages: "europe-west4-docker.pkg.dev/acme-ml-dev/images/vllm" },
    remedy: "name the disk image that holds them, as projects/P/global/images/I",
    allowed: { preloadedImages: "global/images/vllm" },
  },
  {
    id: "multi-networking",
    refused: {
      ...h100,
      additionalNetworks: networks(4),
      cluster: { ...cluster, multiNetworking: false },
    },
    remedy:
      "nodes have further networks only where the cluster has multi-networking, and with it Dataplane V2: turn on its multiNetworking, or leave it out",
    allowed: { ...h100, additionalNetworks: networks(4) },
  },
  {
    id: "pods-per-node",
    refused: { maxPodsPerNode: 257 },
    remedy: "use a whole number, 8 to 256",
    allowed: { maxPodsPerNode: 256 },
  },
  {
    id: "pods-within-plan",
    refused: { maxPodsPerNode: 64, cluster: { ...cluster, podsPlanned: 32 } },
    remedy: "use at most 32, which the subnet was planned for, or plan it with podsPerNode 64",
    allowed: { maxPodsPerNode: 32, cluster: { ...cluster, podsPlanned: 32 } },
  },
  {
    id: "label-form",
    refused: { labels: { "team name": "chat" } },
    remedy: labelForm,
    allowed: { labels: { "acme.example/team_name": "Chat-1", empty: "" } },
  },
  {
    id: "label-reserved",
    refused: { labels: { "cloud.google.com/gke-nodepool": "mine" } },
    remedy:
      "GKE and Kubernetes keep cloud.google.com/gke-, kubernetes.io/ and k8s.io/ for themselves: use a prefix of your own",
    allowed: {
      labels: { "cloud.google.com/compute-class": "mine", "kubernetes.io.acme.example/role": "node" },
    },
  },
  {
    id: "taint-form",
    refused: { taints: [{ key: "a/b/c", value: "d", effect: "NoSchedule" }] },
    remedy: labelForm,
    allowed: { taints: [{ key: "b/c", value: "d", effect: "NoSchedule" }] },
  },
  {
    id: "taint-given",
    refused: { taints: [{ key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" }] },
    remedy:
      "GKE adds nvidia.com/gpu, google.com/tpu, cloud.google.com/gke-queued by itself, where they belong: leave them out",
    allowed: { taints: [{ key: "nvidia.com/gpu-large", value: "present", effect: "NoSchedule" }] },
  },
  {
    id: "taint-once",
    refused: { taints: [spotTaint, { ...spotTaint, value: "false" }] },
    remedy: "state each key once with each effect",
    allowed: { taints: [spotTaint, { ...spotTaint, effect: "NoExecute" }] },
  },
  {
    id: "network-tags",
    refused: { networkTags: ["gpu", "gpu"] },
    remedy:
      "use different tags, each of 1 to 63 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    allowed: { networkTags: ["gpu", "gpu-2"] },
  },
  {
    id: "gpu-is-gpu",
    refused: { ...v6e, bootDiskType: "hyperdisk-balanced" },
    remedy: "it is no GPU: use a TpuNodePool",
    allowed: {},
  },
  {
    id: "machine-known",
    refused: { ...a100, machineType: "a2-ultragpu-3g", localSsds: 0 },
    remedy:
      'did you mean "a2-ultragpu-1g"? Use one of a2-ultragpu-1g, a2-ultragpu-2g, a2-ultragpu-4g, a2-ultragpu-8g, or leave it out',
    allowed: a100,
  },
  {
    id: "machine-has-accelerator",
    refused: { ...a100, machineType: "a2-highgpu-1g", localSsds: 0 },
    remedy:
      "a2-highgpu-1g has no nvidia-a100-80gb: use one of a2-ultragpu-1g, a2-ultragpu-2g, a2-ultragpu-4g, a2-ultragpu-8g, or leave it out",
    allowed: a100,
  },
  {
    id: "per-node",
    refused: { perNode: 2 },
    remedy: 'g2-standard-4 has 1 nvidia-l4: use that, or machineType "g2-standard-24"',
    allowed: { perNode: 2, machineType: "g2-standard-24" },
  },
  {
    id: "mig-profile",
    refused: { migProfile: "1g.10gb" },
    remedy: "nvidia-l4 cannot be partitioned: leave it out",
    allowed: { ...a100, migProfile: "1g.10gb" },
  },
  {
    id: "sharing-clients",
    refused: { sharing: { strategy: "time-sharing", clientsMax: 49 } },
    remedy: "use a whole number of clientsMax, 2 to 48",
    allowed: { sharing: { strategy: "time-sharing", clientsMax: 48 } },
  },
  {
    id: "fast-socket-gvnic",
    refused: { ...t4, zones: ["europe-west4-b"], fastSocket: true, gvnic: false },
    remedy: "it works on gVNIC only: leave out gvnic, or leave it out",
    allowed: { ...t4, zones: ["europe-west4-b"], fastSocket: true },
  },
  {
    id: "fast-socket-or-gpu-direct",
    refused: { ...h100, additionalNetworks: networks(4), fastSocket: true },
    remedy:
      "NCCL has one way between machines, and GPUDirect over additionalNetworks is the faster: drop one",
    allowed: { ...h100, fastSocket: true },
  },
  {
    id: "gvnic-only",
    refused: { gvnic: false },
    remedy: "g2-standard-4 has no other network interface: leave it out",
    allowed: { ...t4, zones: ["europe-west4-b"], gvnic: false },
  },
  {
    id: "domain-placement",
    refused: a4x,
    remedy:
      "GPUs of several a4x-highgpu-4g are wired to each other: name the resource policy that says in which shape",
    allowed: { ...a4x, compactPlacement: true, placementPolicy: "nvl72" },
  },
  {
    id: "placement-policy-compact",
    refused: { placementPolicy: "close" },
    remedy: "it says how nodes lie close together: leave out compactPlacement, or leave it out",
    allowed: { placementPolicy: "close", compactPlacement: true, zones: [oneZone] },
  },
  {
    id: "placement-policy-name",
    refused: {
      placementPolicy: "projects/p/resourcePolicies/close",
      compactPlacement: true,
      zones: [oneZone],
    },
    remedy:
      "state the policy's name alone, of 1 to 63 lower-case letters, digits and hyphens, a letter first",
    allowed: { placementPolicy: "close", compactPlacement: true, zones: [oneZone] },
  },
  {
    id: "gpu-direct-networks",
    refused: { ...h100, additionalNetworks: networks(3) },
    remedy: "GPUs of a3-highgpu-8g talk over 4 interfaces: use 4 networks, one for each",
    allowed: { ...h100, additionalNetworks: networks(4) },
  },
];

/** Other rules that a case cannot help breaking: what excludes two things is also said of each pair. */
const alsoRefused: Readonly<Record<string, readonly string[]>> = {
  "queued-or-reservation": ["queued-is-flex-start"],
  "queued-or-spot": ["queued-is-flex-start"],
  "boot-disk-type": ["gpu-is-gpu"],
  "compact-nodes": ["compact-in-one-zone"],
};

function brokenBy(request: PoolRequest, among: readonly CombinationRule[] = rules): string[] {
  return among.filter((rule) => checkCombinations([rule], request).length > 0).map(({ id }) => id);
}

function ruleOf(id: string): CombinationRule {
  const rule = rules.find((each) => each.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
}

/** What of a request a rule looks at. */
function readBy(id: string, request: PoolRequest): ReadonlySet<string> {
  const read = new Set<string>();
  const watched = new Proxy(request, {
    get: (target, property) => {
      read.add(String(property));
      return Reflect.get(target, property);
    },
  });
  ruleOf(id).refused(watched);
  return read;
}

describe("the table of what pools of GPUs cannot combine", () => {
  test("refuses nothing of a plain pool", () => {
    expect(checkCombinations(rules, l4Request())).toEqual([]);
  });

  test.each(cases)("$id: $remedy", ({ id, refused, remedy }) => {
    const request = l4Request(refused);
    const { property } = ruleOf(id);
    expect(checkCombinations([ruleOf(id)], request)).toEqual([
      { property, received: request[property], remedy },
    ]);
    expect(brokenBy(request).sort()).toEqual([id, ...(alsoRefused[id] ?? [])].sort());
  });

  test.each(cases)("$id refuses no more than it has to", ({ allowed }) => {
    expect(brokenBy(l4Request(allowed))).toEqual([]);
  });

  test("has a case for every rule, and every rule a name of its own and a source", () => {
    expect(cases.map(({ id }) => id).sort()).toEqual(rules.map(({ id }) => id).sort());
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { source } of rules)
      expect(source).toMatch(/^https:\/\/(?:cloud\.google\.com|kubernetes\.io)\//);
  });

  test("says what it says of each rule, whatever else is wrong", () => {
    const unrelated = (one: Case, other: Case) => {
      const read = readBy(one.id, l4Request(one.refused));
      return Object.keys(other.refused).every((key) => !read.has(key) && !(key in one.refused));
    };
    fc.assert(
      fc.property(fc.shuffledSubarray([...cases], { minLength: 2, maxLength: 12 }), (subset) => {
        const faults: Case[] = [];
        for (const next of subset)
          if (faults.every((fault) => unrelated(fault, next) && unrelated(next, fault))) faults.push(next);
        const request = l4Request(Object.assign({}, ...faults.map(({ refused }) => refused)));
        expect(brokenBy(request)).toEqual(expect.arrayContaining(faults.map(({ id }) => id)));
        const remedies = checkCombinations(rules, request).map(({ remedy }) => remedy);
        expect(remedies).toEqual(expect.arrayContaining(faults.map(({ id }) => ruleRemedy(id, request))));
      }),
    );
  });

  test("finds in any request what its rows find one by one, and has a remedy for each", () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const together = checkCombinations(rules, request);
        expect(together).toEqual(rules.flatMap((rule) => checkCombinations([rule], request)));
        for (const { remedy } of together) expect(remedy).toMatch(/^(?!.*undefined)\S.*\S$/);
      }),
    );
  });

  test("suggests the partition that was meant", () => {
    const [finding] = checkCombinations(rules, l4Request({ ...a100, migProfile: "1g.10g" }));
    expect(finding.remedy).toMatch(/^did you mean "1g\.10gb"\? nvidia-a100-80gb has 1g\.10gb, /);
  });

  test("says which SSDs a machine has, be they its own, to be chosen or none", () => {
    const remedy = (request: Partial<PoolRequest>) => checkCombinations(rules, l4Request(request))[0].remedy;
    expect(remedy({ ...a100, localSsds: 0 })).toBe(
      "1 of 375 GiB come with a2-ultragpu-1g: leave it out, or state 1",
    );
    expect(
      remedy({
        kind: "cpu",
        accelerator: undefined,
        perNode: undefined,
        machineType: "e2-standard-4",
        localSsds: 1,
        gvnic: true,
      }),
    ).toBe("e2-standard-4 has none: leave it out");
  });

  test("judges no zones that are known at apply only, and those beside them all the same", () => {
    const later = (zone: string) => Token.asString({ resolve: () => zone });
    const refusedOf = (request: Partial<PoolRequest>) => brokenBy(l4Request(request));
    expect(refusedOf({ zones: [later("us-central1-a"), oneZone] })).toEqual([]);
    expect(refusedOf({ zones: [later("us-central1-a"), "us-central1-a"] })).toEqual(["zones-of-region"]);
    expect(refusedOf({ zones: [later("europe-west4-d"), "europe-west4-d"] })).toEqual(["zones-offer"]);
    expect(refusedOf({ cluster: { ...cluster, zones: [later("us-central1-a")] } })).toEqual([]);
  });

  test("names the zones that lie nearest", () => {
    const near = (zone: string) =>
      checkCombinations(rules, l4Request({ ...a100, zones: [], cluster: { ...cluster, zones: [zone] } }))[0]
        .remedy;
    expect(near("europe-west1-b")).toMatch(/nearest: europe-west4-a, /);
    expect(near("us-central1-b")).toMatch(/nearest: us-central1-a, us-central1-c, us-east/);
  });
});

function ruleRemedy(id: string, request: PoolRequest): string {
  return checkCombinations([ruleOf(id)], request)[0].remedy;
}

const anyNumber = fc.constantFrom(-1, 0, 0.5, 1, 2, 3, 8, 49, 4_000, Number.NaN);
const anyZones = fc.subarray([...zones, "europe-west4-d", "us-central1-a"]);
const someMachine = fc.constantFrom(
  "",
  "g2-standard-4",
  "a2-ultragpu-1g",
  "n1-standard-4",
  "a3-highgpu-8g",
  "c9-large",
);
const anyRequest: fc.Arbitrary<PoolRequest> = fc
  .record(
    {
      kind: fc.constantFrom("gpu" as const, "tpu" as const),
      machineType: someMachine,
      zones: anyZones,
      nodes: anyNumber,
      autoscaling: fc.record({ min: anyNumber, max: anyNumber }),
      accelerator: fc.constantFrom(Accelerator.NVIDIA_L4, Accelerator.NVIDIA_T4, Accelerator.TPU_V6E),
      perNode: anyNumber,
      migProfile: fc.constantFrom("1g.5gb", "9g"),
      sharing: fc.record({
        strategy: fc.constantFrom("mps" as const, "time-sharing" as const),
        clientsMax: anyNumber,
      }),
      spot: fc.boolean(),
      flexStart: fc.boolean(),
      queuedProvisioning: fc.boolean(),
      reservation: fc.constantFrom("gpus", "GPUs"),
      compactPlacement: fc.boolean(),
      maxRunSeconds: anyNumber,
      gvnic: fc.boolean(),
      fastSocket: fc.boolean(),
      additionalNetworks: fc.array(fc.constantFrom("one", "two"), { maxLength: 9 }),
      bootDiskGiB: anyNumber,
      localSsds: anyNumber,
      preloadedImages: fc.constantFrom(image, "vllm"),
      labels: fc.dictionary(fc.constantFrom("team", "a b", "k8s.io/x"), fc.string()),
      taints: fc.array(
        fc.record({
          key: fc.constantFrom("nvidia.com/gpu", "team", ""),
          value: fc.string(),
          effect: fc.constantFrom("NoSchedule" as const, "NoExecute" as const),
        }),
      ),
      maxPodsPerNode: anyNumber,
      networkTags: fc.array(fc.string()),
      upgrades: fc.constantFrom("surge" as const, "one-less" as const, "blue-green" as const),
      autoRepair: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .map(l4Request);

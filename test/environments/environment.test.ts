import { ConstructError } from "../../constructs";
import { dev } from "../../environments/dev";
import { checkEnvironment, checkEnvironments, type Environment } from "../../environments/environment";
import { prod } from "../../environments/prod";
import { staging } from "../../environments/staging";

const { serving } = dev.sizes;

describe("an environment", () => {
  test("that is complete and consistent has no findings", () => {
    expect(checkEnvironment(dev)).toEqual([]);
  });

  const cases: [string, object, string, unknown, string][] = [
    ["an unknown key", { regoin: "us-east1" }, "regoin", "us-east1", 'did you mean "region"?'],
    [
      "an unknown key further down",
      { switches: { ...dev.switches, hsm: true } },
      "switches.hsm",
      true,
      "Unknown key",
    ],
    ["a name out of form", { name: "Dev 1" }, "name", "Dev 1", "lower-case"],
    ["a project id out of form", { project: "Plinth" }, "project", "Plinth", "6 to 30"],
    [
      "a region that does not exist",
      { region: "us-centrall" },
      "region",
      "us-centrall",
      'did you mean "us-central1"?',
    ],
    ["no zone", { zones: [] }, "zones", [], "Too small"],
    [
      "a zone of another region",
      { zones: ["us-east1-b"] },
      "zones[0]",
      "us-east1-b",
      "us-central1 has us-central1-a",
    ],
    ["a zone twice", { zones: ["us-central1-a", "us-central1-a"] }, "zones[1]", "us-central1-a", "once"],
    ["a label's key out of form", { labels: { Team: "ml" } }, "labels.Team", "Team", "lower-case"],
    ["a label's value out of form", { labels: { team: "M L" } }, "labels.team", "M L", "lower-case"],
    [
      "a label that every stack sets",
      { labels: { environment: "x" } },
      "labels.environment",
      "x",
      "leave it out",
    ],
    ["a state bucket out of form", { state: { ...dev.state, bucket: "B" } }, "state.bucket", "B", "3 to 63"],
    [
      "a state that lies nowhere",
      { state: { bootstrap: "disk" } },
      "state.bootstrap",
      "disk",
      "Use one of local, bucket",
    ],
    [
      "soft delete that Google does not offer",
      { sizes: { ...dev.sizes, softDeleteDays: 3 } },
      "sizes.softDeleteDays",
      3,
      "7 to 90",
    ],
    [
      "processors that Cloud Run does not offer",
      { sizes: { ...dev.sizes, serving: { ...serving, cpu: 3 } } },
      "sizes.serving.cpu",
      3,
      "1, 2, 4, 6, 8",
    ],
    [
      "a version that no image has",
      { sizes: { ...dev.sizes, serving: { ...serving, imageVersion: "v 1:bad" } } },
      "sizes.serving.imageVersion",
      "v 1:bad",
      "tag",
    ],
    [
      "an address to listen on",
      { sizes: { ...dev.sizes, serving: { ...serving, runtime: { host: "127.0.0.1" } } } },
      "sizes.serving.runtime.host",
      "127.0.0.1",
      "leave it out: Cloud Run",
    ],
    ["everybody among the callers", { callers: ["allUsers"] }, "callers[0]", "allUsers", "not offered"],
    [
      "a caller twice",
      { callers: ["group:a@acme.example", "group:b@acme.example", "group:a@acme.example"] },
      "callers[2]",
      "group:a@acme.example",
      "once",
    ],
    ["a caller of the wrong type", { callers: [1] }, "callers[0]", 1, "expected string"],
    [
      "a size of the wrong type",
      { sizes: { ...dev.sizes, serving: { ...serving, cpu: "two" } } },
      "sizes.serving.cpu",
      "two",
      "expected number",
    ],
    [
      "a setting that the runtime does not know",
      { sizes: { ...dev.sizes, serving: { ...serving, runtime: { kvCacheMB: 1 } } } },
      "sizes.serving.runtime.kvCacheMB",
      1,
      'did you mean "kvCacheMiB"?',
    ],
    [
      "a pack that does not exist",
      { policy: { packs: ["gpdr"] } },
      "policy.packs[0]",
      "gpdr",
      'did you mean "gdpr"? Use one of gdpr, ccpa',
    ],
    [
      "a missing switch",
      { switches: { organizationPolicies: false } },
      "switches.deletionProtection",
      undefined,
      "state it: Whether Terraform refuses",
    ],
    [
      "a protection that no key has",
      { keys: { ...dev.keys, protection: "hardware" } },
      "keys.protection",
      "hardware",
      "Use one of software, hsm",
    ],
    [
      "a key that rotates too rarely",
      { keys: { ...dev.keys, rotationDays: 400 } },
      "keys.rotationDays",
      400,
      "1 to 365",
    ],
    [
      "an unknown kind of data",
      { dataClassification: "secret" },
      "dataClassification",
      "secret",
      "confidential",
    ],
    [
      "older versions that are gone before they are old",
      { sizes: { ...dev.sizes, olderVersionDays: 0 } },
      "sizes.olderVersionDays",
      0,
      "from 1",
    ],
    [
      "no checkpoint kept",
      { sizes: { ...dev.sizes, checkpointsKept: 0 } },
      "sizes.checkpointsKept",
      0,
      "from 1",
    ],
    [
      "audit logs kept for longer than Google offers",
      { audit: { ...dev.audit, retentionDays: 4_000 } },
      "audit.retentionDays",
      4_000,
      "1 to 3650",
    ],
    [
      "an archive that is paid for beyond its days",
      { audit: { ...dev.audit, archiveDays: 90 } },
      "audit.archiveDays",
      90,
      "365 to",
    ],
    [
      "a lock on what is to be destroyed with the environment",
      { audit: { ...dev.audit, locked: true } },
      "audit.locked",
      true,
      "or switches.deletionProtection on",
    ],
    ["no mailbox", { alertEmails: ["ml-platform"] }, "alertEmails[0]", "ml-platform", "e-mail address"],
    [
      "a mailbox twice",
      { alertEmails: ["a@acme.example", "a@acme.example"] },
      "alertEmails[1]",
      "a@acme.example",
      "once",
    ],
    [
      "a range of addresses that begins in its middle",
      { network: { ...dev.network, cidr: "10.0.0.1/14" } },
      "network.cidr",
      "10.0.0.1/14",
      'did you mean "10.0.0.0/14"?',
    ],
    [
      "a network in which its subnets find no place",
      {
        network: {
          cidr: "10.0.0.0/20",
          subnets: { clusters: { nodes: 9, podsPerNode: 8, services: 64 }, workloads: { nodes: 8_000 } },
        },
      },
      "network.cidr",
      "10.0.0.0/20",
      "widen it",
    ],
    [
      "a subnet without machines",
      { network: { ...dev.network, subnets: { ...dev.network.subnets, workloads: { nodes: 0 } } } },
      "network.subnets.workloads.nodes",
      0,
      "whole number",
    ],
    [
      "too few addresses for services such as Cloud SQL",
      { network: { ...dev.network, privateServicesPrefix: 30 } },
      "network.privateServicesPrefix",
      30,
      "8 to 24",
    ],
    [
      "an endpoint for Google's APIs at an address of a subnet",
      { network: { ...dev.network, googleApisEndpoint: "10.0.0.9" } },
      "network.googleApisEndpoint",
      "10.0.0.9",
      "state one outside of all subnets: subnets.workloads has 10.0.0.0/24",
    ],
    [
      "an endpoint for Google's APIs at no address",
      { network: { ...dev.network, googleApisEndpoint: "apis" } },
      "network.googleApisEndpoint",
      "apis",
      "an IPv4 address",
    ],
    [
      "connections that go unlogged",
      { network: { ...dev.network, flowLogs: { sampling: 0 } } },
      "network.flowLogs.sampling",
      0,
      "no subnet goes unlogged",
    ],
    ["a secret's name out of form", { secrets: { "a b": {} } }, "secrets.a b", "a b", "letters"],
    [
      "a secret that is due at once",
      { secrets: { token: { rotationDays: 0 } } },
      "secrets.token.rotationDays",
      0,
      "whole days",
    ],
    [
      "an unknown key of a secret",
      { secrets: { token: { rotatonDays: 30 } } },
      "secrets.token.rotatonDays",
      30,
      'did you mean "rotationDays"?',
    ],
    [
      "a limit of an unknown accelerator",
      { quotas: { accelerators: { "nvidia-l5": { onDemand: 0 } } } },
      "quotas.accelerators.nvidia-l5",
      "nvidia-l5",
      'did you mean "nvidia-l4"?',
    ],
    [
      "a limit below nothing",
      { quotas: { accelerators: { "nvidia-l4": { spot: -1 } } } },
      "quotas.accelerators.nvidia-l4.spot",
      -1,
      "whole number",
    ],
    [
      "an accelerator without a limit",
      { quotas: { accelerators: { "nvidia-l4": {} } } },
      "quotas.accelerators.nvidia-l4",
      {},
      "state onDemand or spot",
    ],
    [
      "limits for which nobody answers",
      { quotas: { accelerators: { "nvidia-l4": { onDemand: 1, spot: 2 } } } },
      "quotas.contactEmail",
      undefined,
      "",
    ],
    [
      "a billing account out of form",
      { budget: { billingAccount: "acme", amount: 100 } },
      "budget.billingAccount",
      "acme",
      "012345-6789AB-CDEF01",
    ],
    [
      "an unknown key of the budget",
      { budget: { billingAccount: "012345-6789AB-CDEF01", amount: 100, curency: "EUR" } },
      "budget.curency",
      "EUR",
      'did you mean "currency"?',
    ],
    [
      "an access policy by its title",
      { perimeter: { accessPolicy: "acme", enforced: false, deployers: [] } },
      "perimeter.accessPolicy",
      "acme",
      "number",
    ],
    [
      "a perimeter that lets a domain in",
      { perimeter: { accessPolicy: "123456789012", enforced: true, deployers: ["domain:acme.example"] } },
      "perimeter.deployers[0]",
      "domain:acme.example",
      "name a group instead",
    ],
    [
      "a perimeter that lets everybody in",
      { perimeter: { accessPolicy: "123456789012", enforced: true, deployers: ["allUsers"] } },
      "perimeter.deployers[0]",
      "allUsers",
      "not offered",
    ],
  ];

  test.each(cases)("with %s is refused", (_, change, property, received, remedy) => {
    expect(checkEnvironment({ ...dev, ...change })).toEqual([
      { property, received, remedy: expect.stringContaining(remedy) },
    ]);
  });

  const { platform, training } = dev;
  const { pools } = platform;
  const l4 = pools.gpu.l4;
  const schedule = {
    schedule: "0 3 * * *",
    machineType: "g2-standard-8",
    image: "trainer",
    imageVersion: "0.1.0",
  };

  const computeCases: [string, object, string, unknown, string][] = [
    [
      "a checkpoint that there is not",
      { sizes: { ...dev.sizes, serving: { ...serving, checkpointConfig: "models/brad/config.json" } } },
      "sizes.serving.checkpointConfig",
      "models/brad/config.json",
      "as models/bard/config.json",
    ],
    [
      "an accelerator that nobody makes",
      { platform: { ...platform, pools: { ...pools, gpu: { l4: { ...l4, accelerator: "nvidia-l5" } } } } },
      "platform.pools.gpu.l4.accelerator",
      "nvidia-l5",
      'did you mean "nvidia-l4"?',
    ],
    [
      "an unknown setting of a pool",
      { platform: { ...platform, pools: { ...pools, gpu: { l4: { ...l4, perNodes: 1 } } } } },
      "platform.pools.gpu.l4.perNodes",
      1,
      'did you mean "perNode"?',
    ],
    [
      "two pools of one name",
      {
        platform: {
          ...platform,
          pools: { ...pools, cpuServing: { l4: { autoscaling: { min: 0, max: 1 } } } },
        },
      },
      "platform.pools.cpuServing.l4",
      "l4",
      "pools.gpu has it too",
    ],
    [
      "a pool in a zone that is not the environment's",
      { platform: { ...platform, pools: { ...pools, gpu: { l4: { ...l4, zones: ["us-central1-c"] } } } } },
      "platform.pools.gpu.l4.zones[0]",
      "us-central1-c",
      "Use the environment's zones, us-central1-a, us-central1-b",
    ],
    [
      "pools that can have more accelerators than the quota",
      { quotas: { contactEmail: "ml@acme.example", accelerators: { "nvidia-l4": { spot: 1 } } } },
      "platform.pools.spotTraining.l4-spot.autoscaling.max",
      2,
      "quotas.accelerators.nvidia-l4.spot is 1",
    ],
    [
      "a cluster in a subnet without pods",
      { platform: { ...platform, subnet: "workloads" } },
      "platform.subnet",
      "workloads",
      "state network.subnets.workloads.podsPerNode",
    ],
    [
      "a cluster in a subnet that there is not",
      { platform: { ...platform, subnet: "cluster" } },
      "platform.subnet",
      "cluster",
      'did you mean "clusters"?',
    ],
    [
      "jobs on a pool that there is not",
      { training: { ...training, capacities: { ...training.capacities, "l4-spt": { nodesMax: 1 } } } },
      "training.capacities.l4-spt",
      "l4-spt",
      'did you mean "l4-spot"?',
    ],
    [
      "jobs that may have more nodes than the pool",
      { training: { ...training, capacities: { "l4-spot": { nodesMax: 3 } } } },
      "training.capacities.l4-spot.nodesMax",
      3,
      "use at most 2",
    ],
    [
      "a job on a pool that jobs do not run on",
      { training: { ...training, jobs: { sonnets: { ...training.jobs.sonnets, pool: "l4" } } } },
      "training.jobs.sonnets.pool",
      "l4",
      "Name one of training.capacities: l4-spot",
    ],
    [
      "a notebook in a zone that is not the environment's",
      { training: { ...training, notebooks: { lab: { zone: "us-central1-f", users: [] } } } },
      "training.notebooks.lab.zone",
      "us-central1-f",
      "Use one of the environment's zones",
    ],
    [
      "a notebook for everybody",
      { training: { ...training, notebooks: { lab: { zone: "us-central1-a", users: ["allUsers"] } } } },
      "training.notebooks.lab.users[0]",
      "allUsers",
      "not offered",
    ],
    [
      "a schedule of too long a name",
      {
        training: {
          ...training,
          schedules: {
            "retraining-of-tickets": {
              schedule: "0 3 * * *",
              machineType: "g2-standard-8",
              image: "trainer",
              imageVersion: "0.1.0",
            },
          },
        },
      },
      "training.schedules.retraining-of-tickets",
      "retraining-of-tickets",
      "it becomes plinth-dev-retraining-of-tickets",
    ],
    [
      "a schedule whose name leaves no room for that of the account which starts it",
      { training: { ...training, schedules: { "nightly-tickets": schedule } } },
      "training.schedules.nightly-tickets",
      "nightly-tickets",
      "it becomes plinth-dev-nightly-tickets-cron",
    ],
    [
      "a schedule that has a job's name",
      { training: { ...training, schedules: { sonnets: schedule } } },
      "training.schedules.sonnets",
      "sonnets",
      "training.jobs.sonnets has the service account plinth-dev-sonnets",
    ],
    [
      "a notebook that has the name of what starts a schedule",
      {
        training: {
          ...training,
          schedules: { lab: schedule },
          notebooks: { "lab-cron": training.notebooks.lab },
        },
      },
      "training.notebooks.lab-cron",
      "lab-cron",
      "training.schedules.lab has the service account plinth-dev-lab-cron",
    ],
    [
      "a notebook that has the name of the cluster's account",
      { training: { ...training, notebooks: { nodes: training.notebooks.lab } } },
      "training.notebooks.nodes",
      "nodes",
      "the cluster has the service account plinth-dev-nodes",
    ],
    [
      "a tag of an image that is none",
      { training: { ...training, jobs: { sonnets: { ...training.jobs.sonnets, imageVersion: "a tag" } } } },
      "training.jobs.sonnets.imageVersion",
      "a tag",
      "use a tag of 1 to 128",
    ],
    [
      "a schedule within an enforced perimeter",
      {
        perimeter: { accessPolicy: "123456789012", enforced: true, deployers: ["user:ops@acme.example"] },
        training: { ...training, schedules: { daily: schedule } },
      },
      "training.schedules.daily",
      "0 3 * * *",
      "and not Vertex AI",
    ],
    [
      "a notebook with a GPU where new machines need Secure Boot",
      {
        switches: { ...dev.switches, organizationPolicies: true },
        training: {
          ...training,
          notebooks: { lab: { zone: "us-central1-a", users: [], machineType: "g2-standard-8" } },
        },
      },
      "training.notebooks.lab.machineType",
      "g2-standard-8",
      "use one without GPUs",
    ],
    [
      "a capacity beyond what a pool has that states no scaling",
      {
        platform: {
          ...platform,
          pools: {
            ...pools,
            spotTraining: { "l4-spot": { accelerator: "nvidia-l4" as const, perNode: 1 } },
          },
        },
        training: { ...training, capacities: { "l4-spot": { nodesMax: 9 } } },
      },
      "training.capacities.l4-spot.nodesMax",
      9,
      "use at most 8",
    ],
    [
      "more GPUs on demand than all of them together may be",
      {
        quotas: { contactEmail: "ml@acme.example", accelerators: { "all-gpus": { onDemand: 1 } } },
        platform: { ...platform, pools: { ...pools, gpu: { l4: { ...l4, perNode: 2 } } } },
      },
      "platform.pools.gpu.l4.autoscaling.max",
      2,
      "gpu.l4 can have 2 GPUs on demand, and quotas.accelerators.all-gpus.onDemand is 1",
    ],
    [
      "a TPU slice of more chips than the quota",
      {
        quotas: {
          contactEmail: "ml@acme.example",
          accelerators: { "tpu-v5-lite-podslice": { onDemand: 4 } },
        },
        platform: {
          ...platform,
          pools: { ...pools, tpu: { v5e: { accelerator: "tpu-v5-lite-podslice", topology: "2x4" } } },
        },
      },
      "platform.pools.tpu.v5e.topology",
      8,
      "quotas.accelerators.tpu-v5-lite-podslice.onDemand is 4",
    ],
    [
      "pools of more nodes than their subnet is for",
      {
        network: {
          ...dev.network,
          subnets: { ...dev.network.subnets, clusters: { nodes: 5, podsPerNode: 32 } },
        },
      },
      "platform.pools",
      "6 nodes",
      "raise network.subnets.clusters.nodes, which is 5",
    ],
  ];

  test("whose endpoint does not hold its checkpoint is refused with the figures", () => {
    const sizes = {
      ...dev.sizes,
      serving: { ...serving, memoryMiB: 512, runtime: { maxSequences: 256, kvCacheMiB: 480 } },
    };
    expect(() => ConstructError.throwIfAny("environments", checkEnvironments([{ ...dev, sizes }]))).toThrow(
      [
        "environments: dev: sizes.serving: the model does not fit its memory",
        "  weights     0.0 GiB   bard, fp16, loaded",
        "  KV cache    0.4 GiB   room for 256 sequences of 512 tokens",
        "  process     0.1 GiB   the runtime itself",
        "  available   0.5 GiB   memoryMiB 512",
        "  either     lower runtime.kvCacheMiB to 360, room for 240 sequences of 512 tokens",
        "  or         raise memoryMiB to 768, with cpu 1 or more",
      ].join("\n"),
    );
  });

  test("leaves a topology that there is not to the pool, and asks no quota for it", () => {
    const quotas = {
      contactEmail: "ml@acme.example",
      accelerators: { "tpu-v5-lite-podslice": { onDemand: 4 } },
    };
    const tpu = { v5e: { accelerator: "tpu-v5-lite-podslice" as const, topology: "3x3" } };
    expect(checkEnvironment({ ...dev, quotas, platform: { ...platform, pools: { ...pools, tpu } } })).toEqual(
      [],
    );
  });

  test.each(computeCases)("with %s is refused", (_, change, property, received, remedy) => {
    expect(checkEnvironment({ ...dev, ...change })).toEqual([
      { property, received, remedy: expect.stringContaining(remedy) },
    ]);
  });

  test("is refused with every finding at once, within fields and across them", () => {
    const wrong = { ...dev, name: "", project: "x", zones: ["us-east1-b"], colour: "green" };
    expect(checkEnvironment(wrong).map(({ property }) => property)).toEqual([
      "name",
      "colour",
      "project",
      "zones[0]",
    ]);
  });

  test("is refused for its sizes with every finding at once, each judged by what has its type", () => {
    const wrong = {
      softDeleteDays: "3",
      serving: {
        imageVersion: "",
        modelPath: 1,
        cpu: "two",
        memoryMiB: 1024.5,
        instancesMin: 4,
        instancesMax: 2,
        runtime: { maxSequences: 0, kvCacheMB: 1, kvCacheMiB: 4_096, port: 0 },
      },
    };
    expect(checkEnvironment({ ...dev, sizes: wrong }).map(({ property }) => property)).toEqual([
      "sizes.softDeleteDays",
      "sizes.olderVersionDays",
      "sizes.checkpointsKept",
      "sizes.serving.modelPath",
      "sizes.serving.cpu",
      "sizes.serving.runtime.maxSequences",
      "sizes.serving.runtime.kvCacheMB",
      "sizes.serving.imageVersion",
      "sizes.serving.memoryMiB",
      "sizes.serving.instancesMin",
      "sizes.serving.runtime.port",
      "sizes.serving.runtime.kvCacheMiB",
    ]);
  });

  test("is refused for its foundation with every finding at once, group by group", () => {
    const wrong = {
      keys: { protection: "hsm", rotationDays: 0 },
      publishing: {
        members: ["allUsers"],
        gitHub: { ownerId: "acme", repository: "models", branch: "refs/heads/main" },
      },
      audit: { retentionDays: 0, archiveDays: "long", locked: true },
      network: { cidr: "mars", subnets: {} },
      budget: { amount: 0 },
      perimeter: { accessPolicy: "acme", enforced: "yes", deployers: ["allUsers"] },
    };
    expect(
      checkEnvironment({ ...dev, ...wrong })
        .map(({ property }) => property)
        .sort(),
    ).toEqual([
      "audit.archiveDays",
      "audit.locked",
      "audit.retentionDays",
      "budget.amount",
      "budget.billingAccount",
      "keys.rotationDays",
      "network.cidr",
      "network.subnets",
      "perimeter.accessPolicy",
      "perimeter.deployers[0]",
      "perimeter.enforced",
      "publishing.gitHub.branch",
      "publishing.gitHub.ownerId",
      "publishing.gitHub.repository",
      "publishing.members[0]",
    ]);
  });

  test("has what stands beside a wrong value judged too, in lists and records of every group", () => {
    const wrong = {
      callers: ["allUsers", 3],
      publishing: { members: ["bob", 3] },
      alertEmails: ["nobody", 3],
      network: {
        cidr: "10.0.0.0/33",
        subnets: { Bad_Name: { nodes: 9 }, x: { nodes: 1, pods: 3 }, y: { nodes: "many" } },
        privateServicesPrefix: 40,
        flowLogs: { intervalSeconds: 7, sampling: 2 },
      },
      secrets: { "bad name": { rotationDays: 0 }, ok: { rotateDays: 3 } },
      quotas: {
        contactEmail: "x",
        accelerators: { "nvidia-l5": { onDemand: "1" }, "nvidia-l4": { onDemand: -1, spott: 3 } },
      },
      budget: { amount: -5, currency: "euro" },
      perimeter: { accessPolicy: 1, enforced: 1, deployers: ["allUsers", 3] },
    };
    expect(
      checkEnvironment({ ...dev, ...wrong })
        .map(({ property }) => property)
        .sort(),
    ).toEqual([
      "alertEmails[0]",
      "alertEmails[1]",
      "budget.amount",
      "budget.billingAccount",
      "budget.currency",
      "callers[0]",
      "callers[1]",
      "network.cidr",
      "network.flowLogs.intervalSeconds",
      "network.flowLogs.sampling",
      "network.privateServicesPrefix",
      "network.subnets.Bad_Name",
      "network.subnets.x.pods",
      "network.subnets.y.nodes",
      "perimeter.accessPolicy",
      "perimeter.deployers[0]",
      "perimeter.deployers[1]",
      "perimeter.enforced",
      "platform.subnet",
      "publishing.members[0]",
      "publishing.members[1]",
      "quotas.accelerators.nvidia-l4.onDemand",
      "quotas.accelerators.nvidia-l4.spott",
      "quotas.accelerators.nvidia-l5",
      "quotas.accelerators.nvidia-l5.onDemand",
      "quotas.contactEmail",
      "secrets.bad name",
      "secrets.bad name.rotationDays",
      "secrets.ok.rotateDays",
      "training.notebooks.lab.subnet",
    ]);
  });

  test("is told a value that is known, or what is missing, in place of what one may be", () => {
    const { cidr, subnets } = dev.network;
    const remedies = checkEnvironment({
      ...dev,
      region: undefined,
      keys: { ...dev.keys, protection: "HSM" },
      network: { cidr, subnets, flowLogs: { intervalSeconds: 7 } },
      quotas: { contactEmail: "a@acme.example", accelerators: { "all-gpus": { spot: 4 } } },
      secrets: { ["a".repeat(250)]: {} },
      labels: Object.fromEntries([...Array(62).keys()].map((index) => [`label-${index}`, "x"])),
    }).map(({ property, received, remedy }) => [property.slice(0, 40), received, remedy]);
    expect(remedies).toEqual([
      ["region", undefined, "state it: Where everything of the environment lies."],
      ["keys.protection", "HSM", 'did you mean "hsm"? Use one of software, hsm'],
      ["network.flowLogs.intervalSeconds", 7, "Use one of 5, 30, 60, 300, 600, 900"],
      ["labels", "62 labels", "state at most 61"],
      [
        `secrets.${"a".repeat(32)}`,
        "a".repeat(250),
        `use a shorter name: it becomes plinth-dev-${"a".repeat(250)}`,
      ],
      ["quotas.accelerators.all-gpus.spot", 4, expect.stringContaining("no limit of Spot is known")],
    ]);
  });

  test("does not lock its deployers out, nor alert more mailboxes than a budget can", () => {
    const alertEmails = [1, 2, 3, 4, 5, 6].map((index) => `team-${index}@acme.example`);
    const perimeter = { accessPolicy: "1", enforced: true, deployers: [] };
    expect(checkEnvironment({ ...prod, alertEmails, perimeter })).toEqual([
      { property: "alertEmails", received: alertEmails, remedy: expect.stringContaining("at most 5") },
      {
        property: "perimeter.deployers",
        received: [],
        remedy: expect.stringContaining("name whoever deploys"),
      },
    ]);
    expect(checkEnvironment({ ...dev, alertEmails, perimeter: { ...perimeter, enforced: false } })).toEqual(
      [],
    );
  });

  test("publishes from GitHub by one branch, and through no perimeter that is enforced", () => {
    const gitHub = { ownerId: "1234567", repository: "acme/models", branch: "release/2" };
    const publishing = { members: [], gitHub };
    const { perimeter } = prod;
    expect(checkEnvironment({ ...dev, publishing })).toEqual([]);
    expect(checkEnvironment({ ...prod, publishing, perimeter: { ...perimeter, enforced: false } })).toEqual(
      [],
    );
    expect(checkEnvironment({ ...prod, publishing })).toEqual([
      {
        property: "publishing.gitHub",
        received: gitHub,
        remedy: expect.stringContaining("name in publishing.members"),
      },
    ]);
    for (const branch of ["*", "refs/heads/main", "a b", ""])
      expect(
        checkEnvironment({ ...dev, publishing: { members: [], gitHub: { ...gitHub, branch } } }),
      ).toMatchObject([{ property: "publishing.gitHub.branch", remedy: "name one branch, as main" }]);
  });

  test.each([undefined, null, "dev", 1])("is not %p", (input) => {
    expect(checkEnvironment(input)).not.toEqual([]);
  });
});

describe("environments", () => {
  test("that share nothing have no findings", () => {
    expect(checkEnvironments([dev, staging, prod])).toEqual([]);
  });

  test("are refused with every finding on all of them at once", () => {
    const wrong = [dev, staging, prod].map(({ sizes, ...others }) => ({
      ...others,
      region: "mars",
      labels: { Team: "ml" },
      sizes: { ...sizes, softDeleteDays: 3, serving: { ...sizes.serving, cpu: 3, modelPath: "/bard" } },
    }));
    expect(checkEnvironments(wrong).map(({ property, received }) => [property, received])).toEqual(
      ["dev", "staging", "prod"].flatMap((name) => [
        [`${name}.region`, "mars"],
        [`${name}.labels.Team`, "Team"],
        [`${name}.sizes.softDeleteDays`, 3],
        [`${name}.sizes.serving.modelPath`, "/bard"],
        [`${name}.sizes.serving.cpu`, 3],
      ]),
    );
  });

  test("that miss what the others share are refused for that alone", () => {
    const stateless = (name: string) => ({ ...dev, name, project: `acme-${name}`, state: undefined });
    const wrong = [stateless("one"), stateless("two")] as unknown as Environment[];
    expect(checkEnvironments(wrong).map(({ property }) => property)).toEqual(["one.state", "two.state"]);
  });

  const local = { bootstrap: "local" } as const;
  const cases: [string, Partial<Environment>, Partial<Environment>, string, string, string][] = [
    ["a name", {}, { name: "dev" }, "dev.name", "dev", "use another name"],
    [
      "a project, and the state bucket that follows from it",
      {},
      { project: dev.project },
      "staging.project",
      dev.project,
      "dev has it too",
    ],
    [
      "a state bucket",
      { state: { ...local, bucket: "acme-tfstate" } },
      { state: { ...local, bucket: "acme-tfstate" } },
      "staging.state.bucket",
      "acme-tfstate",
      "dev has it too",
    ],
    [
      "a state bucket that one of them names and that follows from the other's project",
      {},
      { state: { ...local, bucket: `${dev.project}-tfstate` } },
      "staging.state.bucket",
      `${dev.project}-tfstate`,
      "dev has it too",
    ],
  ];

  test.each(cases)("that share %s are refused", (_, ofFirst, ofSecond, property, received, remedy) => {
    expect(
      checkEnvironments([
        { ...dev, ...ofFirst },
        { ...staging, ...ofSecond },
      ]),
    ).toEqual([{ property, received, remedy: expect.stringContaining(remedy) }]);
  });
});

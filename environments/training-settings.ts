import { z } from "zod";
import { checkName } from "../constructs/catalog/names";
import { type Finding, under } from "../constructs/construct-error";
import { checkMember } from "../constructs/security/identity";
import { didYouMean } from "../constructs/suggestion";
import { entriesOf, fieldsOfType, valueAt } from "./fields";
import { checkEach, environmentName } from "./foundation-settings";
import { poolsOf, zonesOfEnvironment } from "./platform-settings";

const env = z
  .record(z.string(), z.string())
  .optional()
  .describe("Environment variables beside those of checkpoints. Default: none.");
const image = z.string().describe("Image in the repository of images.");
const imageVersion = z.string().describe("Tag or digest of the image.");
const checkpointEverySeconds = z
  .number()
  .optional()
  .describe("Time between two checkpoints: the most work that a lost node costs. Default: 600.");

const job = {
  pool: z.string().describe("Pool that it runs on: one of capacities."),
  image,
  imageVersion,
  env,
  nodes: z.number().optional().describe("Nodes that it takes. Default: one, or those of a TPU slice."),
  priority: z.string().optional().describe("research or production. Default: research."),
  checkpointEverySeconds,
};

const schedule = {
  schedule: z.string().describe("When it begins, in the form of cron: 0 3 * * *"),
  timeZone: z.string().optional().describe("Default: Etc/UTC."),
  machineType: z.string().describe("Machine of each node, with the GPUs that come with it."),
  capacity: z
    .enum(["standard", "spot", "flex-start"])
    .optional()
    .describe("How machines are had. Default: standard."),
  image,
  imageVersion,
  env,
  checkpointEverySeconds,
  paused: z.boolean().optional().describe("Whether the schedule rests. Default: false."),
};

const notebook = {
  zone: z.string().describe("Zone that it lies in."),
  machineType: z.string().optional().describe("Default: e2-standard-4."),
  idleShutdownSeconds: z
    .number()
    .optional()
    .describe("Time without anything running after which it shuts down. Default: 10800."),
  users: z.array(z.string()).describe("Who may use it, as user:..."),
  subnet: z.string().optional().describe("Subnet of the network. Default: workloads."),
};

/** What an environment states about training. */
export const trainingSchema = z.strictObject({
  capacities: z
    .record(
      z.string(),
      z.strictObject({ nodesMax: z.number().describe("Most nodes that jobs have at a time.") }),
    )
    .describe("Pools that jobs run on, the preferred first."),
  jobs: z
    .record(z.string(), z.strictObject(job))
    .describe("Jobs by name, each of which runs once: another run has another name."),
  schedules: z
    .record(z.string(), z.strictObject(schedule))
    .describe("Training on Vertex AI that begins again and again, by name."),
  notebooks: z.record(z.string(), z.strictObject(notebook)).describe("Notebooks by name."),
});

/** What the constructs cannot judge, each by itself. */
export function checkTraining(environment: unknown): Finding[] {
  return [
    ...checkCapacities(environment),
    ...checkJobs(environment),
    ...checkNotebooks(environment),
    ...checkNames(environment),
  ].map((finding) => under("training", finding));
}

function checkCapacities(environment: unknown): Finding[] {
  const pools = poolsOf(environment);
  const names = pools.map(([name]) => name);
  return entriesOf(valueAt(environment, ["training", "capacities"])).flatMap(
    ([name, settings]): Finding[] => {
      const pool = pools.find(([known]) => known === name);
      const property = `capacities.${name}`;
      if (pool === undefined) {
        const remedy = `${didYouMean(name, names)}Name one of platform.pools: ${names.join(", ") || "there is none"}`;
        return [{ property, received: name, remedy }];
      }
      const nodesMax = valueAt(settings, ["nodesMax"]);
      const max = valueAt(pool[2], ["autoscaling", "max"]);
      if (typeof nodesMax !== "number" || typeof max !== "number" || nodesMax <= max) return [];
      const remedy = `use at most ${max}, the pool's autoscaling.max: a job that is let in would wait for nodes that never come`;
      return [{ property: `${property}.nodesMax`, received: nodesMax, remedy }];
    },
  );
}

function checkJobs(environment: unknown): Finding[] {
  const capacities = entriesOf(valueAt(environment, ["training", "capacities"])).map(([name]) => name);
  return entriesOf(valueAt(environment, ["training", "jobs"])).flatMap(([name, settings]) => {
    const { pool } = fieldsOfType(job, settings);
    if (pool === undefined || capacities.includes(pool)) return [];
    const remedy = `${didYouMean(pool, capacities)}Name one of training.capacities: ${capacities.join(", ") || "there is none"}`;
    return [{ property: `jobs.${name}.pool`, received: pool, remedy }];
  });
}

function checkNotebooks(environment: unknown): Finding[] {
  const zones = zonesOfEnvironment(environment);
  const subnets = entriesOf(valueAt(environment, ["network", "subnets"])).map(([name]) => name);
  return entriesOf(valueAt(environment, ["training", "notebooks"])).flatMap(([name, settings]) => {
    const property = `notebooks.${name}`;
    const { zone, subnet = "workloads" } = fieldsOfType(notebook, settings);
    return [
      ...(zone === undefined || zones.length === 0 || zones.includes(zone)
        ? []
        : [
            {
              property: `${property}.zone`,
              received: zone,
              remedy: `${didYouMean(zone, zones)}Use one of the environment's zones, ${zones.join(", ")}`,
            },
          ]),
      ...(subnets.length === 0 || subnets.includes(subnet)
        ? []
        : [
            {
              property: `${property}.subnet`,
              received: valueAt(settings, ["subnet"]),
              remedy: `${didYouMean(subnet, subnets)}Name one of network.subnets: ${subnets.join(", ")}`,
            },
          ]),
      ...checkEach(`${property}.users`, valueAt(settings, ["users"]), checkMember),
    ];
  });
}

/** The longest name that a job, a schedule or a notebook may have is shorter than that of the account which it becomes. */
function checkNames(environment: unknown): Finding[] {
  const { name: of = "env" } = fieldsOfType({ name: environmentName }, environment);
  return ["jobs", "schedules", "notebooks"].flatMap((group) =>
    entriesOf(valueAt(environment, ["training", group])).flatMap(([name]) => {
      const full = `plinth-${of}-${name}`;
      if (checkName("serviceAccount", group, full).length === 0) return [];
      const remedy = `use a shorter name, in lower-case letters, digits and hyphens: it becomes ${full}`;
      return [{ property: `${group}.${name}`, received: name, remedy }];
    }),
  );
}

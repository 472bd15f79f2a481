import { z } from "zod";
import { checkName } from "../constructs/catalog/names";
import { zonesOf } from "../constructs/catalog/regions";
import { type Finding, under } from "../constructs/construct-error";
import { policyPacks } from "../constructs/policy/packs";
import { checkMember } from "../constructs/security/identity";
import { checkCloudRunEndpoint } from "../constructs/serving/cloud-run-checks";
import { dictatedSettings } from "../constructs/serving/cloud-run-runtime";
import { didYouMean } from "../constructs/suggestion";
import { runtimeConfigSchema } from "../runtime/src/config";
import { checkStack } from "../stacks/stack-checks";
import { type DeepPartial, entriesOf, fieldsOfType, valueAt } from "./fields";
import {
  checkEach,
  checkFoundation,
  environmentName,
  foundationShape,
  foundationSizes,
  foundationSwitches,
} from "./foundation-settings";
import { checkPlatform, platformSchema } from "./platform-settings";
import { servedCheckpoint } from "./served-checkpoint";
import { checkTraining, trainingSchema } from "./training-settings";

/** The settings of the runtime that an environment may state: all but the dictated ones. */
const { model: _model, host: _host, ...runtimeSettings } = runtimeConfigSchema.shape;

const servingSchema = z.strictObject({
  imageVersion: z.string().describe("Tag or digest of the runtime's image."),
  modelPath: z.string().describe("Where in the model bucket the served checkpoint lies."),
  checkpointConfig: z
    .string()
    .optional()
    .describe(
      "Path of the checkpoint's config.json in this repository: what does not fit into memoryMiB is refused. Default: half of the memory is taken to be the cache's.",
    ),
  cpu: z.number().describe("Processors of one instance."),
  memoryMiB: z.number().describe("Memory of one instance."),
  instancesMin: z.number().describe("Instances that run without any request."),
  instancesMax: z.number().describe("Most instances."),
  runtime: z.strictObject(runtimeSettings).describe("Settings of the runtime that differ from its defaults."),
});

const environmentSchema = z.strictObject({
  name: environmentName.describe(
    "Part of every name in the environment, and the beginning of its stacks' ids.",
  ),
  project: z.string().describe("Google Cloud project. GOOGLE_PROJECT_<NAME> stands in for it."),
  region: z.string().describe("Where everything of the environment lies."),
  zones: z
    .array(z.string())
    .min(1)
    .describe(
      "Zones of the region that nodes may lie in, in order of preference: those that offer the accelerators of the pools.",
    ),
  labels: z.record(z.string(), z.string()).describe("Labels of everything that can carry labels."),
  callers: z
    .array(z.string())
    .describe("Members that may send requests to the endpoint, as group:... or serviceAccount:..."),
  state: z.strictObject({
    bucket: z.string().optional().describe("Bucket for Terraform's state. Default: <project>-tfstate."),
    bootstrap: z
      .enum(["local", "bucket"])
      .describe("Where the bootstrap stack keeps its own state: in a local file until the bucket exists."),
  }),
  ...foundationShape,
  platform: platformSchema.describe("The cluster that models are trained and served on."),
  training: trainingSchema.describe("What trains models."),
  sizes: z.strictObject({
    ...foundationSizes,
    serving: servingSchema.describe("The endpoint and its instances."),
  }),
  switches: z.strictObject(foundationSwitches),
  policy: z.strictObject({
    packs: z
      .array(z.enum(policyPacks))
      .describe("Rules that the environment's stacks keep beside the baseline: docs/constructs/policy.md."),
  }),
});

/** One environment: typed values, no logic. */
export type Environment = z.input<typeof environmentSchema>;

/** Name of the bucket for Terraform's state. */
export function stateBucketOf({ project, state }: Environment): string {
  return state.bucket ?? `${project}-tfstate`;
}

/** Everything that is wrong with environments, each by itself and all of them together. */
export function checkEnvironments(environments: readonly Environment[]): Finding[] {
  const ofEach = environments.flatMap((environment) =>
    checkEnvironment(environment).map((finding) => under(environment.name, finding)),
  );
  return [...ofEach, ...environments.flatMap((_, index) => checkApart(environments, index))];
}

/** Environments that share these would create the same buckets and replace each other's audit configuration. */
function checkApart(environments: readonly Environment[], index: number): Finding[] {
  const environment = environments[index];
  const { name, project, state } = environment;
  const sharing = (read: (environment: Environment) => unknown) =>
    environments
      .slice(0, index)
      // What is missing has a finding of its own.
      .find((other) => read(other) !== undefined && read(other) === read(environment));

  const findings: Finding[] = [];
  if (sharing((each) => each.name))
    findings.push({ property: "name", received: name, remedy: "use another name: two environments have it" });
  const inProject = sharing((each) => each.project);
  if (inProject)
    findings.push({
      property: "project",
      received: project,
      remedy: `${inProject.name} has it too, and each environment needs a project of its own`,
    });
  const stateBucket = (each: Environment) => each.state && stateBucketOf(each);
  const inBucket = sharing(stateBucket);
  // A bucket that follows from the project goes with the project's finding.
  if (inBucket && (state.bucket !== undefined || !inProject))
    findings.push({
      property: "state.bucket",
      received: stateBucket(environment),
      remedy: `${inBucket.name} has it too, and each environment creates a bucket of its own`,
    });
  return findings.map((finding) => under(name, finding));
}

/** Everything that is wrong with an environment; nothing for one that can be composed. */
export function checkEnvironment(input: unknown): Finding[] {
  const { error } = environmentSchema.safeParse(input);
  const structural = (error?.issues ?? []).flatMap((issue) => findingsOf(issue, input));
  // Zod leaves checks across fields out as long as a field is wrong. These look at whatever has its type.
  const values = checkValues((input ?? {}) as DeepPartial<Environment>);
  const judged = new Set(values.map(({ property }) => property));
  return [...structural.filter(({ property }) => !judged.has(property)), ...values];
}

/** What the stacks and the constructs would refuse, asked of their own checks. */
function checkValues(environment: DeepPartial<Environment>): Finding[] {
  const { project, region, zones, labels, callers, state, sizes } = environment;
  return [
    ...checkStack({
      project: typeof project === "string" ? project : undefined,
      region: typeof region === "string" ? region : undefined,
      labels: Object.fromEntries(entriesOf(labels).filter(isText)),
    }),
    ...(typeof region === "string" && Array.isArray(zones) ? checkZones(region, zones) : []),
    ...checkEach("callers", callers, checkMember),
    ...(typeof state?.bucket === "string" ? checkName("bucket", "state.bucket", state.bucket) : []),
    ...checkFoundation(environment),
    ...checkPlatform(environment),
    ...checkTraining(environment),
    ...checkServing(sizes?.serving).map((finding) => under("sizes.serving", finding)),
  ];
}

function checkServing(serving: unknown): Finding[] {
  const { runtime, ...shape } = servingSchema.shape;
  const { imageVersion, checkpointConfig, ...request } = fieldsOfType(shape, serving);
  const { checkpoint, findings } = servedCheckpoint(checkpointConfig);
  const settings = valueAt(serving, ["runtime"]);
  const known = fieldsOfType(runtime.shape, settings);
  const dictated = entriesOf(settings).filter(([setting]) => setting in dictatedSettings);
  return [
    ...(imageVersion === undefined ? [] : checkName("imageVersion", "imageVersion", imageVersion)),
    ...findings,
    ...checkCloudRunEndpoint({
      ...request,
      checkpoint,
      runtime: { ...known, ...Object.fromEntries(dictated) },
    }),
  ];
}

function checkZones(region: string, zones: readonly unknown[]): Finding[] {
  const known = zonesOf(region);
  return zones.flatMap((zone, index) => {
    const property = `zones[${index}]`;
    if (zones.indexOf(zone) !== index) return [{ property, received: zone, remedy: "state each zone once" }];
    // Without its region a zone cannot be judged; the region has its own finding.
    if (known.length === 0 || known.includes(String(zone))) return [];
    const remedy = `${didYouMean(zone, known)}${region} has ${known.join(", ")}`;
    return [{ property, received: zone, remedy }];
  });
}

function findingsOf(issue: z.core.$ZodIssue, input: unknown): Finding[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const known = Object.keys((schemaAt(path) as z.ZodObject).shape);
      return {
        property: propertyAt([...path, key]),
        received: valueAt(input, [...path, key]),
        remedy: `${didYouMean(key, known)}Unknown key; known are ${known.join(", ")}`,
      };
    });
  const received = valueAt(input, path);
  return [{ property: propertyAt(path), received, remedy: remedyOf(issue, received) }];
}

function remedyOf(issue: z.core.$ZodIssue, received: unknown): string {
  if (received === undefined && issue.path.length > 0) {
    const description = descriptionAt(issue.path);
    return description === undefined ? "state it" : `state it: ${description}`;
  }
  if (issue.code !== "invalid_value") return issue.message;
  const known = issue.values.map(String);
  return `${typeof received === "string" ? didYouMean(received, known) : ""}Use one of ${known.join(", ")}`;
}

/** As findings name what is in a list: `callers[1]`. */
function propertyAt(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index > 0 ? "." : ""}${String(key)}`))
    .join("");
}

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === "string";
}

function descriptionAt(path: readonly PropertyKey[]): string | undefined {
  const outer = schemaAt(path.slice(0, -1));
  return outer instanceof z.ZodObject
    ? (outer.shape[String(path.at(-1))] as z.ZodType | undefined)?.description
    : undefined;
}

function schemaAt(path: readonly PropertyKey[]): z.ZodType {
  return path.reduce<z.ZodType>((outer, key) => {
    if (outer instanceof z.ZodRecord) return withoutOptional(outer.valueType as z.ZodType);
    if (outer instanceof z.ZodArray) return withoutOptional(outer.element as z.ZodType);
    return withoutOptional((outer as z.ZodObject).shape[String(key)] as z.ZodType);
  }, environmentSchema);
}

function withoutOptional(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
}

import { z } from "zod";
import { checkName } from "../constructs/catalog/names";
import { checkRegion, zonesOf } from "../constructs/catalog/regions";
import type { Finding } from "../constructs/construct-error";
import { didYouMean } from "../constructs/suggestion";
import { runtimeConfigSchema } from "../runtime/src/config";

/** The settings of the runtime that an environment may state; where the model lies is the stack's business. */
const { model: _, ...runtimeSettings } = runtimeConfigSchema.shape;

const environmentSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9]{1,9}$/, "use 2 to 10 lower-case letters and digits, a letter first")
    .describe("Part of every name in the environment, and the beginning of its stacks' ids."),
  project: z.string().describe("Google Cloud project. GOOGLE_PROJECT_<NAME> stands in for it."),
  region: z.string().describe("Where everything of the environment lies."),
  zones: z.array(z.string()).min(1).describe("Zones of the region that may be used, in order of preference."),
  labels: z.record(z.string(), z.string()).describe("Labels of everything that can carry labels."),
  state: z.strictObject({
    bucket: z.string().optional().describe("Bucket for Terraform's state. Default: <project>-tfstate."),
    bootstrap: z
      .enum(["local", "bucket"])
      .describe("Where the bootstrap stack keeps its own state: in a local file until the bucket exists."),
  }),
  sizes: z.strictObject({
    softDeleteDays: z.number().describe("Days during which deleted models can be restored."),
    serving: z.strictObject({
      imageVersion: z.string().min(1).describe("Tag or digest of the runtime's image."),
      modelPath: z.string().describe("Where in the model bucket the served checkpoint lies."),
      cpu: z.number().describe("Processors of one instance."),
      memoryMiB: z.number().describe("Memory of one instance."),
      instancesMin: z.number().describe("Instances that run without any request."),
      instancesMax: z.number().describe("Most instances."),
      runtime: z
        .strictObject(runtimeSettings)
        .describe("Settings of the runtime that differ from its defaults."),
    }),
  }),
  switches: z.strictObject({
    deletionProtection: z.boolean().describe("Whether Terraform refuses to destroy what holds data."),
  }),
});

/** One environment: typed values, no logic. */
export type Environment = z.input<typeof environmentSchema>;

/** Labels that PlinthStack sets itself. */
const reservedLabels = ["environment", "managed-by"];

/** Everything that is wrong with an environment; nothing for one that can be composed. */
export function checkEnvironment(input: unknown): Finding[] {
  const { error } = environmentSchema.safeParse(input);
  const structural = (error?.issues ?? []).flatMap((issue) => findingsOf(issue, input));
  // Zod leaves checks across fields out as long as a field is wrong. These look at whatever has its type.
  return [...structural, ...checkValues((input ?? {}) as DeepPartial<Environment>)];
}

type DeepPartial<T> = T extends object ? { readonly [K in keyof T]?: DeepPartial<T[K]> } : T;

function checkValues({ project, region, zones, labels, state }: DeepPartial<Environment>): Finding[] {
  return [
    ...(typeof project === "string" ? checkName("project", "project", project) : []),
    ...(typeof region === "string" ? checkRegion("region", region) : []),
    ...(typeof region === "string" && Array.isArray(zones) ? checkZones(region, zones) : []),
    ...Object.entries(labels ?? {}).flatMap(([key, value]) => checkLabel(key, String(value))),
    ...(typeof state?.bucket === "string" ? checkName("bucket", "state.bucket", state.bucket) : []),
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

function checkLabel(key: string, value: string): Finding[] {
  const property = `labels.${key}`;
  if (reservedLabels.includes(key))
    return [{ property, received: value, remedy: "leave it out: every stack sets it" }];
  return [...checkName("labelKey", property, key), ...checkName("labelValue", property, value)];
}

function findingsOf(issue: z.core.$ZodIssue, input: unknown): Finding[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const known = keysAt(issue.path);
      return {
        property: [...issue.path, key].join("."),
        received: valueAt(input, [...issue.path, key]),
        remedy: `${didYouMean(key, known)}Unknown key; known are ${known.join(", ")}`,
      };
    });
  return [{ property: issue.path.join("."), received: valueAt(input, issue.path), remedy: issue.message }];
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}

function keysAt(path: readonly PropertyKey[]): string[] {
  const schema = path.reduce<z.ZodType>(
    (object, key) => Reflect.get(object, "shape")[key],
    environmentSchema,
  );
  return Object.keys(Reflect.get(schema, "shape"));
}

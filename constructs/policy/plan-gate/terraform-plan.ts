import { z } from "zod";

/** Keys and indices from a resource to one of its arguments. */
export type ArgumentPath = readonly (string | number)[];

/**
 * What the gate reads of a plan, as `terraform show -json` writes it.
 * https://developer.hashicorp.com/terraform/internals/json-format
 */
const planSchema = z.object({
  format_version: z.string().regex(/^1\./),
  // A state has none, and would pass for a plan without changes.
  planned_values: z.object({}),
  errored: z.boolean().optional(),
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        mode: z.enum(["managed", "data"]),
        type: z.string(),
        deposed: z.string().optional(),
        action_reason: z.string().optional(),
        change: z.object({
          actions: z.array(z.string()),
          before: z.unknown(),
          after: z.unknown(),
          after_unknown: z.unknown().optional(),
          before_sensitive: z.unknown().optional(),
          after_sensitive: z.unknown().optional(),
          replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
        }),
      }),
    )
    .default([]),
  configuration: z
    .object({
      provider_config: z
        .record(
          z.string(),
          z.object({
            expressions: z.record(z.string(), z.unknown()).optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});

export type TerraformPlan = z.output<typeof planSchema>;
export type ResourceChange = TerraformPlan["resource_changes"][number];

/** A file that is no plan that could be judged. */
export class UnreadablePlanError extends Error {
  constructor(file: string, fault: string) {
    super(`${file}: ${fault}`);
    this.name = "UnreadablePlanError";
  }
}

const remedy = "write it with terraform plan -out=plan.bin and terraform show -json plan.bin > plan.json";

/**
 * Reads what `terraform show -json` wrote of a plan.
 * @throws UnreadablePlanError for what is no plan, or one that Terraform did not finish
 */
export function readPlan(text: string, file: string): TerraformPlan {
  const { success, data, error } = planSchema.safeParse(parse(text, file));
  if (!success) {
    const [{ path, message }] = error.issues;
    throw new UnreadablePlanError(file, `no plan of Terraform (${path.join(".")}: ${message}); ${remedy}`);
  }
  if (data.errored)
    throw new UnreadablePlanError(
      file,
      "Terraform could not finish this plan, so that changes are missing: mend what it reported, and plan again",
    );
  return data;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadablePlanError(file, `not JSON; ${remedy}`);
  }
}

/** The project that the plan's provider works in, where it is written out. */
export function projectOf({ configuration }: TerraformPlan): string | undefined {
  const project = configuration?.provider_config?.google?.expressions?.project;
  const value =
    typeof project === "object" && project !== null ? Reflect.get(project, "constant_value") : undefined;
  return typeof value === "string" ? value : undefined;
}

/** What lies at a path; nothing where it ends before. */
export function valueAt(value: unknown, path: ArgumentPath): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

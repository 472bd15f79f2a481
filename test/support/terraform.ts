import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { TerraformStack, Testing } from "cdktf";
import { ConstructError, type Finding } from "../../constructs";

type Arguments = Readonly<Record<string, unknown>>;

/** A stack's Terraform JSON, as far as tests look into it. */
export interface Terraform {
  readonly provider: Readonly<Record<string, readonly Arguments[]>>;
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Arguments>>>>;
  readonly data?: Readonly<Record<string, Readonly<Record<string, Arguments>>>>;
  readonly terraform: Readonly<Record<string, Readonly<Record<string, Arguments>>>>;
}

/** The Terraform JSON of a stack that holds what `build` puts into it. */
export function terraformOf(build: (stack: TerraformStack) => void): Terraform {
  const stack = new TerraformStack(Testing.app(), "stack");
  new GoogleProvider(stack, "google", { project: "some-project", region: "europe-west4" });
  build(stack);
  return JSON.parse(Testing.synth(stack, true));
}

/** The arguments of every resource of one type. */
export function resources({ resource }: Terraform, type: string): Arguments[] {
  return Object.values(resource?.[type] ?? {});
}

/** The arguments of the only resource of its type. */
export function onlyResource(terraform: Terraform, type: string): Arguments {
  const found = resources(terraform, type);
  expect(found).toHaveLength(1);
  return found[0];
}

/** What a refusal says about each property. */
export function findings(build: (stack: TerraformStack) => void): readonly Finding[] {
  try {
    terraformOf(build);
  } catch (error) {
    if (error instanceof ConstructError) return error.findings;
    throw error;
  }
  return [];
}

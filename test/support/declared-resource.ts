import { TerraformResource, TerraformStack, Testing } from "cdktf";
import type { Construct } from "constructs";

/** A resource of any type with any arguments, by escape hatches alone. */
export class DeclaredResource extends TerraformResource {
  constructor(scope: Construct, id: string, type: string, fields: Readonly<Record<string, unknown>>) {
    super(scope, id, { terraformResourceType: type });
    for (const [argument, value] of Object.entries(fields)) this.addOverride(argument, value);
  }
}

/** What Terraform computes: `atApply("var.key")`. */
export function atApply(expression: string): string {
  return `\${${expression}}`;
}

/** Type and arguments of resources. The ids that references may use are `R0`, `R1` and so on. */
export type Declared = readonly (readonly [type: string, fields: Readonly<Record<string, unknown>>])[];

/** A stack in an app of its own that holds resources. */
export function stackOf(declared: Declared): TerraformStack {
  const stack = new TerraformStack(Testing.app(), "stack");
  for (const [index, [type, fields]] of declared.entries())
    new DeclaredResource(stack, `R${index}`, type, fields);
  return stack;
}

import { type ITerraformDependable, TerraformStack } from "cdktf";
import { Construct, type IConstruct } from "constructs";

/**
 * Of what a construct has to wait for, the part that it can name: Terraform knows no waiting for a resource of another
 * stack. That stack is applied before instead.
 */
export function waitable(
  scope: IConstruct,
  dependables: readonly ITerraformDependable[],
): ITerraformDependable[] {
  const stack = TerraformStack.of(scope);
  return dependables.filter((dependable) => {
    if (!Construct.isConstruct(dependable)) return true;
    const other = TerraformStack.of(dependable);
    if (other === stack) return true;
    stack.addDependency(other);
    return false;
  });
}

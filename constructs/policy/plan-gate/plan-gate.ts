import { type ChangedArgument, forcingArguments } from "./changed-arguments";
import type { NameOf } from "./construct-paths";
import { type Stake, stakeOf } from "./guarded-resources";
import type { ResourceChange, TerraformPlan } from "./terraform-plan";

/** A stateful or expensive resource that a plan would replace or destroy. */
export interface Loss {
  /** Path of its construct, or its address where that is not known. Allowed by this name. */
  readonly name: string;
  readonly address: string;
  readonly type: string;
  readonly fate: "replaced" | "destroyed";
  readonly stake: Stake;
  /** What forces it: arguments, where there are any. */
  readonly because: readonly ChangedArgument[];
  /** What else forces it, in words. */
  readonly reason?: string;
  /** Whether somebody allowed it by name. */
  readonly allowed: boolean;
}

export interface GateVerdict {
  readonly losses: readonly Loss[];
  /** Names that were allowed, and that the plan neither replaces nor destroys. */
  readonly unused: readonly string[];
  /** Resources that the plan creates, updates, replaces or destroys. */
  readonly changes: number;
}

/** https://developer.hashicorp.com/terraform/internals/json-format#change-representation */
const reasons: Readonly<Record<string, string>> = {
  replace_because_tainted: "it is tainted: an earlier apply did not finish it",
  replace_by_request: "-replace asks for it",
  replace_by_triggers: "replace_triggered_by names what changes",
  delete_because_no_resource_config: "the configuration no longer holds it",
  delete_because_no_module: "the configuration no longer holds its module",
  delete_because_wrong_repetition: "it is repeated in another way than before",
  delete_because_count_index: "there are fewer of it",
  delete_because_each_key: "its key is gone",
  delete_because_no_move_target: "it was to be moved to what does not exist",
};

/**
 * Judges what a plan would replace or destroy of what is stateful or expensive.
 * @param allowed names of those that may go: a construct's path, or Terraform's address
 */
export function judgePlan(plan: TerraformPlan, nameOf: NameOf, allowed: readonly string[] = []): GateVerdict {
  const changing = plan.resource_changes.filter(
    ({ mode, change }) => mode === "managed" && !["no-op", "read"].includes(change.actions[0]),
  );
  const losses = changing.flatMap((change) => lossOf(change, nameOf, allowed));
  const named = new Set(losses.flatMap(({ name, address }) => [name, address]));
  return { losses, unused: allowed.filter((name) => !named.has(name)), changes: changing.length };
}

function lossOf(change: ResourceChange, nameOf: NameOf, allowed: readonly string[]): Loss[] {
  const { address, type, action_reason: reason, deposed } = change;
  const { actions, before } = change.change;
  if (!actions.includes("delete")) return [];
  const stake = stakeOf(type, before);
  if (stake === undefined) return [];
  const name = nameOf(address);
  const because = forcingArguments(change);
  return [
    {
      name,
      address,
      type,
      fate: actions.includes("create") ? "replaced" : "destroyed",
      stake,
      because,
      reason: deposed
        ? "it was replaced before, and the old one is left over"
        : (reasons[reason ?? ""] ?? (because.length === 0 ? "Terraform names no argument" : undefined)),
      allowed: allowed.includes(name) || allowed.includes(address),
    },
  ];
}

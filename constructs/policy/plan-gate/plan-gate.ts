import { type ChangedArgument, changedArguments, forcingArguments } from "./changed-arguments";
import type { NameOf } from "./construct-paths";
import { renewingArguments, type Stake, stakeOf } from "./guarded-resources";
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

/** A resource that a plan updates in place, by making anew all that it consists of. Nothing stands in its way. */
export interface Renewal {
  readonly name: string;
  readonly type: string;
  readonly stake: Stake;
  readonly because: readonly ChangedArgument[];
}

export interface GateVerdict {
  readonly losses: readonly Loss[];
  readonly renewals: readonly Renewal[];
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

/** Where Terraform gives no reason: of a destruction it gives none to a plan that is made for nothing else. */
const unreasoned = {
  replaced: "Terraform names no argument",
  destroyed: "the plan was made to destroy (plan -destroy)",
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
  const renewals = changing.flatMap((change) => renewalOf(change, nameOf));
  const named = new Set(losses.flatMap(({ name, address }) => [name, address]));
  const unused = allowed.filter((name) => !named.has(name));
  return { losses, renewals, unused, changes: changing.length };
}

function lossOf(change: ResourceChange, nameOf: NameOf, allowed: readonly string[]): Loss[] {
  const { address, type, action_reason: reason, deposed } = change;
  const { actions, before } = change.change;
  if (!actions.includes("delete")) return [];
  const stake = stakeOf(type, before);
  if (stake === undefined) return [];
  const name = nameOf(address);
  const because = forcingArguments(change);
  const fate = actions.includes("create") ? "replaced" : "destroyed";
  return [
    {
      name,
      address,
      type,
      fate,
      stake,
      because,
      reason: deposed
        ? "it was replaced before, and the old one is left over"
        : (reasons[reason ?? ""] ?? (because.length === 0 ? unreasoned[fate] : undefined)),
      allowed: allowed.includes(name) || allowed.includes(address),
    },
  ];
}

function renewalOf(change: ResourceChange, nameOf: NameOf): Renewal[] {
  const { address, type } = change;
  const { actions, before } = change.change;
  if (!actions.includes("update")) return [];
  const because = renewingArguments(type).flatMap((path) => changedArguments(change, path));
  const stake = because.length > 0 ? stakeOf(type, before) : undefined;
  return stake === undefined ? [] : [{ name: nameOf(address), type, stake, because }];
}

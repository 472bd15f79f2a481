import { readFileSync } from "node:fs";
import { join } from "node:path";
import { judgePlan } from "../../../../constructs/policy/plan-gate/plan-gate";
import { readPlan, type TerraformPlan } from "../../../../constructs/policy/plan-gate/terraform-plan";
import { keptResources } from "../../../support/resource-kinds";

const folder = join(__dirname, "../../../fixtures/plans");
const byAddress = (address: string) => address;

function planOf(name: string): TerraformPlan {
  const file = join(folder, `${name}.json`);
  return readPlan(readFileSync(file, "utf8"), file);
}

/** The recorded plan with its change of a pool made one of another resource. */
function changed(name: string, to: Partial<TerraformPlan["resource_changes"][number]>): TerraformPlan {
  const plan = planOf(name);
  return { ...plan, resource_changes: plan.resource_changes.map((change) => ({ ...change, ...to })) };
}

describe("a plan", () => {
  test("that changes a driver version replaces the pool, names the argument and drains its nodes", () => {
    const { losses, changes } = judgePlan(planOf("driver-change"), byAddress);
    expect(losses).toEqual([
      {
        name: "google_container_node_pool.L4_59A3E9C1",
        address: "google_container_node_pool.L4_59A3E9C1",
        type: "google_container_node_pool",
        fate: "replaced",
        stake: { loses: "8 nodes drain", minutes: 26 },
        because: [
          {
            argument: "node_config.guest_accelerator.gpu_driver_installation_config.gpu_driver_version",
            before: '"DEFAULT"',
            after: '"LATEST"',
          },
        ],
        reason: undefined,
        allowed: false,
      },
    ]);
    expect(changes).toBe(1);
  });

  test("that switches a pool to Spot replaces it", () => {
    const [{ because }] = judgePlan(planOf("spot-switch"), byAddress).losses;
    expect(because).toEqual([{ argument: "node_config.spot", before: "false", after: "true" }]);
  });

  test("that changes a taint updates the pool, and loses nothing", () => {
    expect(judgePlan(planOf("taint-change"), byAddress)).toEqual({ losses: [], unused: [], changes: 1 });
  });

  test("that changes nothing loses nothing", () => {
    expect(judgePlan(planOf("no-change"), byAddress)).toEqual({ losses: [], unused: [], changes: 0 });
  });

  test("of what can be made again at once loses nothing", () => {
    const plan = changed("driver-change", { type: "google_project_iam_member" });
    expect(judgePlan(plan, byAddress).losses).toEqual([]);
  });

  test("that destroys what holds data says why Terraform does", () => {
    const plan = planOf("replaced-in-terraform");
    const buckets = plan.resource_changes.map((change) => ({ ...change, type: "google_storage_bucket" }));
    const { losses } = judgePlan({ ...plan, resource_changes: buckets }, byAddress);
    expect(losses.map(({ address, fate, reason }) => ({ address, fate, reason }))).toEqual([
      { address: "terraform_data.removed[0]", fate: "destroyed", reason: "there are fewer of it" },
      { address: "terraform_data.replaced", fate: "replaced", reason: undefined },
    ]);
  });

  test("shows of a value that Terraform holds for secret only that it changes", () => {
    const plan = planOf("replaced-in-terraform");
    const buckets = plan.resource_changes.map((change) => ({ ...change, type: "google_storage_bucket" }));
    const { losses } = judgePlan({ ...plan, resource_changes: buckets }, byAddress);
    expect(losses[1].because).toEqual([
      { argument: "triggers_replace.image", before: '"v1"', after: '"v2"' },
      { argument: "triggers_replace.secret", before: "(sensitive)", after: "(sensitive)" },
    ]);
  });

  test("that replaces what an apply left half made says so", () => {
    const plan = changed("driver-change", { action_reason: "replace_because_tainted" });
    plan.resource_changes[0].change.replace_paths = undefined;
    const [{ because, reason }] = judgePlan(plan, byAddress).losses;
    expect(because).toEqual([]);
    expect(reason).toBe("it is tainted: an earlier apply did not finish it");
  });

  test("that replaces by a value which is known only at apply says so", () => {
    const plan = planOf("spot-switch");
    const { change } = plan.resource_changes[0];
    change.replace_paths = [["cluster"]];
    change.after_unknown = { cluster: true };
    expect(judgePlan(plan, byAddress).losses[0].because).toEqual([
      {
        argument: "cluster",
        before: '"projects/acme-ml-prod/locations/europe-west4/clusters/plinth-prod"',
        after: "(known after apply)",
      },
    ]);
  });

  test("that creates before it destroys replaces as well", () => {
    const plan = planOf("spot-switch");
    plan.resource_changes[0].change.actions = ["create", "delete"];
    expect(judgePlan(plan, byAddress).losses[0].fate).toBe("replaced");
  });

  test.each([
    ["the name of its construct", "prod-platform/L4/Resource"],
    ["its address", "google_container_node_pool.L4_59A3E9C1"],
  ])("may lose what was allowed by %s", (_, name) => {
    const verdict = judgePlan(planOf("spot-switch"), () => "prod-platform/L4/Resource", [name, "another"]);
    expect(verdict.losses.map(({ allowed }) => allowed)).toEqual([true]);
    expect(verdict.unused).toEqual(["another"]);
  });
});

test.each(Object.keys(keptResources))("a %s that would be destroyed does not pass", (type) => {
  const plan = changed("driver-change", { type });
  expect(judgePlan(plan, byAddress).losses).toHaveLength(1);
});

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
        stake: { loses: "8 to 9 nodes drain", minutes: 28 },
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
    expect(judgePlan(planOf("taint-change"), byAddress)).toEqual({
      losses: [],
      renewals: [],
      unused: [],
      changes: 1,
    });
  });

  test("that changes nothing loses nothing", () => {
    expect(judgePlan(planOf("no-change"), byAddress)).toEqual({
      losses: [],
      renewals: [],
      unused: [],
      changes: 0,
    });
  });

  test("of what can be made again at once loses nothing", () => {
    const plan = changed("driver-change", { type: "google_project_iam_member" });
    expect(judgePlan(plan, byAddress).losses).toEqual([]);
  });

  test.each([
    [{ node_count: 1, node_locations: ["europe-west4-a"], autoscaling: [] }, "1 node drains", 12],
    [
      { node_count: 2, node_locations: ["europe-west4-a", "europe-west4-b"], autoscaling: [] },
      "4 nodes drain",
      18,
    ],
    // Two nodes in three zones: their mean has lost its fraction.
    [
      {
        node_count: 0,
        node_locations: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
        autoscaling: [{}],
      },
      "0 to 2 nodes drain",
      14,
    ],
    [{}, "its nodes drain", 20],
  ])("counts the nodes of a pool as far as its state does: %j", (before, loses, minutes) => {
    const plan = planOf("spot-switch");
    plan.resource_changes[0].change.before = before;
    expect(judgePlan(plan, byAddress).losses[0].stake).toEqual({ loses, minutes });
  });

  test("that makes every node of a pool anew in place says so, and loses nothing", () => {
    const plan = planOf("taint-change");
    const { change } = plan.resource_changes[0];
    const after = structuredClone(change.before) as { node_config: { machine_type: string }[] };
    after.node_config[0].machine_type = "g2-standard-16";
    change.after = after;
    expect(judgePlan(plan, byAddress)).toEqual({
      losses: [],
      renewals: [
        {
          name: "google_container_node_pool.L4_59A3E9C1",
          type: "google_container_node_pool",
          stake: { loses: "8 to 9 nodes drain", minutes: 28 },
          because: [
            {
              argument: "node_config.machine_type",
              before: expect.stringMatching(/^"g2-standard-/),
              after: '"g2-standard-16"',
            },
          ],
        },
      ],
      unused: [],
      changes: 1,
    });
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

  test("of every fate that Terraform has is judged by what is lost, and not by what moves, is forgotten or updated", () => {
    const plan = planOf("every-fate-in-terraform");
    const buckets = plan.resource_changes.map((change) => ({ ...change, type: "google_storage_bucket" }));
    const { losses, changes } = judgePlan({ ...plan, resource_changes: buckets }, byAddress);
    expect(losses.map(({ address, fate, reason }) => [address, fate, reason])).toEqual([
      ["terraform_data.cbd", "replaced", undefined],
      ['terraform_data.each["a"]', "destroyed", "its key is gone"],
      ["terraform_data.newname", "replaced", "-replace asks for it"],
      ["terraform_data.tainted", "replaced", "it is tainted: an earlier apply did not finish it"],
      ["terraform_data.trig", "replaced", "replace_triggered_by names what changes"],
      ["terraform_data.unk", "replaced", undefined],
      ["module.m.terraform_data.in", "replaced", undefined],
    ]);
    expect(losses[5].because).toEqual([
      { argument: "triggers_replace.a", before: '"v1"', after: "(known after apply)" },
      { argument: "triggers_replace.s", before: "(sensitive)", after: "(sensitive)" },
    ]);
    expect(changes).toBe(9);
  });

  test("that was made to destroy everything loses everything, and says so", () => {
    const plan = planOf("destroyed-in-terraform");
    const buckets = plan.resource_changes.map((change) => ({ ...change, type: "google_storage_bucket" }));
    const { losses } = judgePlan({ ...plan, resource_changes: buckets }, byAddress);
    expect(losses).toHaveLength(buckets.length);
    expect(losses[0].reason).toBe("the plan was made to destroy (plan -destroy)");
  });

  test("that destroys what an earlier replacement left over says so", () => {
    const plan = planOf("left-over-in-terraform");
    const buckets = plan.resource_changes.map((change) => ({ ...change, type: "google_storage_bucket" }));
    const { losses } = judgePlan({ ...plan, resource_changes: buckets }, byAddress);
    expect(losses.map(({ address, reason }) => [address, reason])).toContainEqual([
      "terraform_data.cbd",
      "it was replaced before, and the old one is left over",
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

/** What is lost or not by what the state says of it. */
test.each([
  ["google_project_service", { disable_on_destroy: false }, 0],
  ["google_project_service", { disable_on_destroy: true }, 1],
  ["google_dns_managed_zone", { visibility: "private" }, 0],
  ["google_dns_managed_zone", { visibility: "public" }, 1],
  ["google_secret_manager_secret_version", { deletion_policy: "ABANDON" }, 0],
  ["google_secret_manager_secret_version", { deletion_policy: "DELETE" }, 1],
  ["google_compute_instance_template", {}, 0],
  ["google_vertex_ai_endpoint_with_model_garden_deployment", {}, 1],
  ["google_compute_reservation", {}, 1],
  ["google_project", {}, 1],
])("a %s with %j that would go is %d losses", (type, before, count) => {
  const plan = changed("driver-change", { type });
  plan.resource_changes[0].change.before = before;
  expect(judgePlan(plan, byAddress).losses).toHaveLength(count);
});

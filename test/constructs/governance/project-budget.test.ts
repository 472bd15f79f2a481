import type { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import {
  EncryptionKey,
  type IAlertChannel,
  Principal,
  ProjectBudget,
  type ProjectBudgetProps,
} from "../../../constructs";
import { findings, onlyResource, resources, type Terraform, terraformOf } from "../../support/terraform";

class Channel extends Construct implements IAlertChannel {
  readonly channelName = `projects/acme-ml-dev/notificationChannels/${this.node.id}`;
}

function budget(stack: TerraformStack, props: Partial<ProjectBudgetProps> = {}): ProjectBudget {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  return new ProjectBudget(stack, "Budget", {
    name: "plinth-dev-budget",
    billingAccount: "012345-6789AB-CDEF01",
    amount: 5_000,
    key,
    ...props,
  });
}

function budgetOf(props: Partial<ProjectBudgetProps> = {}) {
  return onlyResource(
    terraformOf((stack) => budget(stack, props)),
    "google_billing_budget",
  );
}

function publisher(terraform: Terraform) {
  return resources(terraform, "google_pubsub_topic_iam_member").find(
    ({ role }) => role === "roles/pubsub.publisher",
  );
}

describe("a project's budget", () => {
  test("counts a month of the stack's project, and tells when half, nine tenths or all is spent, or will be", () => {
    expect(budgetOf()).toMatchObject({
      billing_account: "012345-6789AB-CDEF01",
      display_name: "plinth-dev-budget",
      amount: { specified_amount: { units: "5000" } },
      budget_filter: {
        projects: [
          expect.stringMatching(/^projects\/\$\{data\.google_project\.Budget_Project_\w+\.number\}$/),
        ],
        calendar_period: "MONTH",
        credit_types_treatment: "INCLUDE_ALL_CREDITS",
      },
      threshold_rules: [
        { threshold_percent: 0.5, spend_basis: "CURRENT_SPEND" },
        { threshold_percent: 0.9, spend_basis: "CURRENT_SPEND" },
        { threshold_percent: 1, spend_basis: "CURRENT_SPEND" },
        { threshold_percent: 1, spend_basis: "FORECASTED_SPEND" },
      ],
      all_updates_rule: { schema_version: "1.0", disable_default_iam_recipients: false },
    });
  });

  test("publishes to a topic with a key, whose messages stay where the key lies", () => {
    const terraform = terraformOf((stack) => budget(stack));
    expect(onlyResource(terraform, "google_pubsub_topic")).toMatchObject({
      name: "plinth-dev-budget",
      kms_key_name: expect.stringMatching(
        /^\$\{google_kms_crypto_key_iam_member\.Key_PubSubAgent_\w+\.crypto_key_id\}$/,
      ),
      message_storage_policy: { allowed_persistence_regions: ["europe-west4"] },
    });
    expect(onlyResource(terraform, "google_billing_budget").all_updates_rule).toMatchObject({
      pubsub_topic: expect.stringMatching(/^\$\{google_pubsub_topic\.Budget_Topic_\w+\.id\}$/),
    });
  });

  test("waits until Google's publisher may publish", () => {
    const terraform = terraformOf((stack) => budget(stack));
    expect(publisher(terraform)).toMatchObject({
      member: "serviceAccount:billing-budget-alert@system.gserviceaccount.com",
    });
    expect(onlyResource(terraform, "google_billing_budget").depends_on).toEqual([
      expect.stringMatching(/^google_pubsub_topic_iam_member\.Budget_Publisher_/),
    ]);
  });

  test("takes another project, period, currency and thresholds, and parts of a unit", () => {
    const terraform = terraformOf((stack) =>
      budget(stack, {
        project: "acme-ml-shared",
        amount: 99.5,
        currency: "EUR",
        period: "quarter",
        spentThresholds: [0.8],
        forecastThresholds: [],
        deductCredits: false,
        services: ["services/6F81-5844-456A"],
        notifyBillingAdmins: false,
      }),
    );
    expect(onlyResource(terraform, "google_billing_budget")).toMatchObject({
      amount: { specified_amount: { units: "99", nanos: 500_000_000, currency_code: "EUR" } },
      budget_filter: {
        calendar_period: "QUARTER",
        credit_types_treatment: "EXCLUDE_ALL_CREDITS",
        services: ["services/6F81-5844-456A"],
      },
      threshold_rules: [{ threshold_percent: 0.8, spend_basis: "CURRENT_SPEND" }],
      all_updates_rule: { disable_default_iam_recipients: true },
    });
    const projects = Object.values(terraform.data?.google_project ?? {}).map(({ project_id }) => project_id);
    expect(projects).toContain("acme-ml-shared");
  });

  test("can be what was spent in the period before", () => {
    expect(budgetOf({ amount: "last-period" }).amount).toEqual({ last_period_amount: true });
  });

  test("counts what carries a label, with the label's key as it is", () => {
    expect(budgetOf({ labels: { "cost-center": "ml-42" } }).budget_filter).toMatchObject({
      labels: { "cost-center": "ml-42" },
      calendar_period: "MONTH",
    });
  });

  test("sends word to channels", () => {
    const terraform = terraformOf((stack) => budget(stack, { alertTo: [new Channel(stack, "7")] }));
    expect(onlyResource(terraform, "google_billing_budget").all_updates_rule).toMatchObject({
      monitoring_notification_channels: ["projects/acme-ml-dev/notificationChannels/7"],
    });
  });

  test("lets an identity subscribe, and no more, where that is granted", () => {
    const terraform = terraformOf((stack) =>
      budget(stack).grantSubscribe(
        new Principal(stack, "Brake", "serviceAccount:brake@acme.iam.gserviceaccount.com"),
      ),
    );
    const grants = resources(terraform, "google_pubsub_topic_iam_member");
    expect(grants).toHaveLength(2);
    expect(grants).toContainEqual(
      expect.objectContaining({
        topic: expect.stringMatching(/^\$\{google_pubsub_topic\.Budget_Topic_\w+\.name\}$/),
        role: "roles/pubsub.subscriber",
        member: "serviceAccount:brake@acme.iam.gserviceaccount.com",
      }),
    );
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        budget(stack, {
          name: "google budget",
          billingAccount: "billingAccounts/012345-6789AB-CDEF01",
          project: "Acme",
          amount: 0,
          currency: "euro",
          spentThresholds: [0, 90, 0.5, 0.5],
          forecastThresholds: [Number.NaN],
          period: "week" as "month",
          labels: { team: "ml", env: "dev" },
          services: ["compute.googleapis.com"],
          alertTo: [1, 2, 3, 4, 5, 6].map((id) => new Channel(stack, String(id))),
        }),
      ),
    ).toEqual([
      { property: "name", received: "google budget", remedy: expect.stringContaining("goog") },
      { property: "billingAccount", received: expect.any(String), remedy: expect.stringContaining("012345") },
      { property: "project", received: "Acme", remedy: expect.stringContaining("lower-case") },
      { property: "amount", received: 0, remedy: expect.stringContaining("above 0") },
      { property: "currency", received: "euro", remedy: "use three letters, as EUR" },
      { property: "spentThresholds[0]", received: 0, remedy: expect.stringContaining("share above 0") },
      { property: "spentThresholds[1]", received: 90, remedy: expect.stringContaining("0.9 for 90 %") },
      { property: "spentThresholds[2]", received: 0.5, remedy: "state each share once" },
      { property: "spentThresholds[3]", received: 0.5, remedy: "state each share once" },
      { property: "forecastThresholds[0]", received: Number.NaN, remedy: expect.any(String) },
      { property: "period", received: "week", remedy: "use month, quarter or year" },
      {
        property: "labels",
        received: { team: "ml", env: "dev" },
        remedy: expect.stringContaining("keep one"),
      },
      {
        property: "services[0]",
        received: "compute.googleapis.com",
        remedy: expect.stringContaining("services/"),
      },
      { property: "alertTo", received: 6, remedy: expect.stringContaining("at most 5") },
    ]);
  });

  test("is refused channels that no threshold sends word to, and not the topic by itself", () => {
    const none = { spentThresholds: [], forecastThresholds: [] };
    expect(findings((stack) => budget(stack, { ...none, alertTo: [new Channel(stack, "7")] }))).toEqual([
      { property: "spentThresholds", received: [], remedy: expect.stringContaining("not to alertTo") },
    ]);
    expect(findings((stack) => budget(stack, none))).toEqual([]);
  });

  test("is refused under a name that is too long, with a label that no resource has, or a currency of what was spent", () => {
    expect(
      findings((stack) =>
        budget(stack, {
          name: "b".repeat(61),
          amount: "last-period",
          currency: "EUR",
          labels: { Team: "ML" },
        }),
      ),
    ).toEqual([
      { property: "name", received: "b".repeat(61), remedy: "use at most 60 characters" },
      { property: "currency", received: "EUR", remedy: expect.stringContaining("leave it out") },
      { property: "labels.Team", received: "Team", remedy: expect.stringContaining("lower-case") },
      { property: "labels.Team", received: "ML", remedy: expect.stringContaining("lower-case") },
    ]);
  });
});

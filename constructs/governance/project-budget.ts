import { BillingBudget } from "@cdktf/provider-google/lib/billing-budget";
import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project";
import { PubsubTopic } from "@cdktf/provider-google/lib/pubsub-topic";
import { PubsubTopicIamMember } from "@cdktf/provider-google/lib/pubsub-topic-iam-member";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import { checkName } from "../catalog/names";
import { ConstructError, type Finding } from "../construct-error";
import type { IAlertChannel } from "../observability/alert-channel";
import type { IEncryptionKey } from "../security/encryption-key";
import { type IIdentity, Principal } from "../security/identity";
import { ServiceAgent } from "../security/service-agent";

export type BudgetPeriod = "month" | "quarter" | "year";

export interface ProjectBudgetProps {
  /** Name of the budget and of its topic. */
  readonly name: string;

  /** Billing account that pays for the project, as `012345-6789AB-CDEF01`. */
  readonly billingAccount: string;

  /**
   * Project whose spending is counted.
   *
   * @default - the project of the stack
   */
  readonly project?: string;

  /** What may be spent in a period, in units of the currency; `"last-period"` for what was spent in the one before. */
  readonly amount: number | "last-period";

  /**
   * Currency of the amount, as `EUR`. It must be the billing account's.
   *
   * @default - the billing account's
   */
  readonly currency?: string;

  /**
   * Shares of the amount at which word is sent once they are spent.
   *
   * @default [0.5, 0.9, 1]
   */
  readonly spentThresholds?: readonly number[];

  /**
   * Shares of the amount at which word is sent as soon as they are forecast for the end of the period.
   *
   * @default [1]
   */
  readonly forecastThresholds?: readonly number[];

  /**
   * Google's billing periods begin at midnight in California.
   *
   * @default "month"
   */
  readonly period?: BudgetPeriod;

  /**
   * Whether credits count as money that was not spent. A trial's or a promotion's credits then hide what things cost.
   *
   * @default true
   */
  readonly deductCredits?: boolean;

  /**
   * The label that resources must carry to be counted. Google filters by one at most.
   *
   * @default - none: whatever the project spends counts
   */
  readonly labels?: Readonly<Record<string, string>>;

  /**
   * Services that are counted, by their id in Google's price list: `services/6F81-5844-456A` is Compute Engine.
   *
   * @default - all
   */
  readonly services?: readonly string[];

  /** Key that what is published to the topic is encrypted with. It is kept in the key's region. */
  readonly key: IEncryptionKey;

  /**
   * Where word goes, beside the topic: five channels at most.
   *
   * @default - nowhere
   */
  readonly alertTo?: readonly IAlertChannel[];

  /**
   * Whether word goes to the billing account's administrators and users too.
   *
   * @default true
   */
  readonly notifyBillingAdmins?: boolean;
}

/** Google's own account, which publishes for every budget: https://cloud.google.com/billing/docs/how-to/budgets-programmatic-notifications */
const PUBLISHER = "serviceAccount:billing-budget-alert@system.gserviceaccount.com";

export const CHANNELS_MAX = 5;

/** The provider's form of a name that the API gives to users: at most 60 characters. */
const DISPLAY_NAME_LENGTH_MAX = 60;

const NANOS = 1e9;

/**
 * What a project may spend. Word of it goes out at thresholds, and several times a day, whatever was spent, to a
 * topic: a function that listens there can do more than tell. A budget stops no spending by itself.
 */
export class ProjectBudget extends Construct {
  private readonly topic: PubsubTopic;

  constructor(scope: Construct, id: string, props: ProjectBudgetProps) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkProjectBudget(props));
    const { name, billingAccount, project, amount, currency, key, alertTo = [], services, labels } = props;
    const { spentThresholds = [0.5, 0.9, 1], forecastThresholds = [1], period = "month" } = props;
    const { deductCredits = true, notifyBillingAdmins = true } = props;

    this.topic = new PubsubTopic(this, "Topic", {
      name,
      kmsKeyName: key.keyIdFor(ServiceAgent.PUBSUB),
      messageStoragePolicy: { allowedPersistenceRegions: [key.location] },
    });
    const { number } = new DataGoogleProject(this, "Project", { projectId: project });
    const budget = new BillingBudget(this, "Resource", {
      billingAccount,
      displayName: name,
      amount:
        amount === "last-period"
          ? { lastPeriodAmount: true }
          : { specifiedAmount: { ...moneyOf(amount), currencyCode: currency } },
      budgetFilter: {
        // By number, since that is what Google answers with.
        projects: [`projects/${number}`],
        calendarPeriod: period.toUpperCase(),
        creditTypesTreatment: deductCredits ? "INCLUDE_ALL_CREDITS" : "EXCLUDE_ALL_CREDITS",
        services: services && [...services],
      },
      thresholdRules: [
        ...spentThresholds.map((share) => ({ thresholdPercent: share, spendBasis: "CURRENT_SPEND" })),
        ...forecastThresholds.map((share) => ({ thresholdPercent: share, spendBasis: "FORECASTED_SPEND" })),
      ],
      allUpdatesRule: {
        pubsubTopic: this.topic.id,
        schemaVersion: "1.0",
        monitoringNotificationChannels:
          alertTo.length > 0 ? alertTo.map(({ channelName }) => channelName) : undefined,
        disableDefaultIamRecipients: !notifyBillingAdmins,
      },
      // Without it Google tries to grant this itself, which takes more than the right to make a budget.
      dependsOn: [
        this.grant("Publish", new Principal(this, "Publisher", PUBLISHER), "roles/pubsub.publisher"),
      ],
    });
    // As an argument the label's key would be rewritten to snake case: cost-center to cost_center.
    if (labels !== undefined) budget.addOverride("budget_filter.labels", { ...labels });
  }

  /** Lets an identity subscribe to what is spent. Returns the grant, to wait for. */
  grantSubscribe(identity: IIdentity): ITerraformDependable {
    return this.grant("Subscribe", identity, "roles/pubsub.subscriber");
  }

  private grant(what: string, identity: IIdentity, role: string): ITerraformDependable {
    return new PubsubTopicIamMember(identity, `${what} ${this.node.path}`, {
      topic: this.topic.name,
      role,
      member: identity.member,
    });
  }
}

/** Every reason for which Google would refuse this budget, or for which nobody would hear of it. */
export function checkProjectBudget(props: Omit<ProjectBudgetProps, "key">): Finding[] {
  const { name, billingAccount, project, amount, currency, period, services = [], labels = {} } = props;
  const { spentThresholds = [], forecastThresholds = [], alertTo = [] } = props;
  const silent = props.spentThresholds?.length === 0 && props.forecastThresholds?.length === 0;
  return [
    ...checkBudgetName(name),
    ...checkForm(
      "billingAccount",
      billingAccount,
      /^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$/,
      "state its id, as 012345-6789AB-CDEF01",
    ),
    ...(project === undefined ? [] : checkName("project", "project", project)),
    ...checkAmount(amount, currency),
    ...spentThresholds.flatMap((share, index) =>
      checkShare(`spentThresholds[${index}]`, share, spentThresholds),
    ),
    ...forecastThresholds.flatMap((share, index) =>
      checkShare(`forecastThresholds[${index}]`, share, forecastThresholds),
    ),
    ...(period === undefined
      ? []
      : checkForm("period", period, /^(?:month|quarter|year)$/, "use month, quarter or year")),
    ...checkLabels(labels),
    ...services.flatMap((service, index) =>
      checkForm(
        `services[${index}]`,
        service,
        /^services\/[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$/,
        "state the id in Google's price list, as services/6F81-5844-456A: gcloud billing services list, or https://cloud.google.com/skus",
      ),
    ),
    ...(silent && alertTo.length > 0
      ? [
          {
            property: "spentThresholds",
            received: spentThresholds,
            remedy:
              "state one, or one of forecastThresholds: without any, word goes to the topic and not to alertTo",
          },
        ]
      : []),
    ...(alertTo.length > CHANNELS_MAX
      ? [
          {
            property: "alertTo",
            received: alertTo.length,
            remedy: `use at most ${CHANNELS_MAX}: a channel can be a group's`,
          },
        ]
      : []),
  ];
}

function checkBudgetName(name: string): Finding[] {
  const findings = checkName("topic", "name", name);
  if (findings.length > 0 || Token.isUnresolved(name) || name.length <= DISPLAY_NAME_LENGTH_MAX)
    return findings;
  return [{ property: "name", received: name, remedy: `use at most ${DISPLAY_NAME_LENGTH_MAX} characters` }];
}

function checkForm(property: string, received: string, form: RegExp, remedy: string): Finding[] {
  return Token.isUnresolved(received) || form.test(received) ? [] : [{ property, received, remedy }];
}

function checkAmount(amount: ProjectBudgetProps["amount"], currency: string | undefined): Finding[] {
  const findings =
    currency === undefined ? [] : checkForm("currency", currency, /^[A-Z]{3}$/, "use three letters, as EUR");
  if (amount === "last-period")
    return currency === undefined
      ? []
      : [
          {
            property: "currency",
            received: currency,
            remedy: "leave it out: what was spent before is in the billing account's currency",
          },
        ];
  if (typeof amount === "number" && Number.isFinite(amount) && amount > 0 && amount < Number.MAX_SAFE_INTEGER)
    return findings;
  const remedy = 'use a number above 0, or "last-period"';
  return [{ property: "amount", received: amount, remedy }, ...findings];
}

function checkShare(property: string, share: number, shares: readonly number[]): Finding[] {
  if (!(share > 0 && Number.isFinite(share)))
    return [{ property, received: share, remedy: "use a share above 0: 0.9 for nine tenths of the amount" }];
  if (share > 10)
    return [
      {
        property,
        received: share,
        remedy: `use a share and not a percentage: ${share / 100} for ${share} %`,
      },
    ];
  if (shares.filter((other) => other === share).length > 1)
    return [{ property, received: share, remedy: "state each share once" }];
  return [];
}

function checkLabels(labels: Readonly<Record<string, string>>): Finding[] {
  const entries = Object.entries(labels);
  if (entries.length > 1)
    return [
      { property: "labels", received: labels, remedy: "keep one: Google filters by one label at most" },
    ];
  return entries.flatMap(([key, value]) => [
    ...checkName("labelKey", `labels.${key}`, key),
    ...checkName("labelValue", `labels.${key}`, value),
  ]);
}

/** An amount as Google writes it: whole units, and billionths of a unit. */
function moneyOf(amount: number): { units: string; nanos?: number } {
  const [units, fraction] = amount.toFixed(9).split(".");
  const nanos = Math.round(Number(`0.${fraction}`) * NANOS);
  return { units, nanos: nanos === 0 ? undefined : nanos };
}

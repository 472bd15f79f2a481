import type { BudgetPeriod, DataClassification, FlowLogs, KeyProtection, SubnetSize } from "../constructs";

/** What an environment decides about its foundation. */
export interface FoundationSettings {
  /** Whether Terraform refuses to destroy what holds data. */
  readonly deletionProtection: boolean;

  /** Whether organisation policies are set on the project, which takes a right that is granted on the organisation. */
  readonly organizationPolicies: boolean;

  readonly keys: KeySettings;

  /** Kind of data that models are trained on, and so what datasets and checkpoints hold. */
  readonly dataClassification: DataClassification;

  /** Days during which deleted models can be restored. */
  readonly softDeleteDays: number;

  /** Days after which a model that was replaced is gone. */
  readonly olderVersionDays: number;

  /** Generations of a training run's checkpoints that stay. */
  readonly checkpointsKept: number;

  readonly publishing: PublishingSettings;

  readonly audit: AuditSettings;

  /** Mailboxes that alerts and word of the budget are sent to: groups', so that they reach whoever is on duty. */
  readonly alertEmails: readonly string[];

  readonly network: NetworkSettings;

  /** Secrets by name. Their values are added by hand: Terraform's state would show them. */
  readonly secrets: Readonly<Record<string, SecretSettings>>;

  readonly quotas: QuotaSettings;

  /**
   * What the project may spend.
   *
   * @default - no budget
   */
  readonly budget?: BudgetSettings;

  /**
   * The perimeter of VPC Service Controls around the project, which takes the organisation's access policy.
   *
   * @default - no perimeter
   */
  readonly perimeter?: PerimeterSettings;
}

export interface KeySettings {
  /** Where the material of every key lies. Settled when a key is made. */
  readonly protection: KeyProtection;

  /** Days after which new data is encrypted with a new version. */
  readonly rotationDays: number;
}

/** Who may act as the account that publishes models and images. */
export interface PublishingSettings {
  /** As `group:...` or `serviceAccount:...`. */
  readonly members: readonly string[];

  /**
   * A branch on GitHub whose workflows may, without any key. Not through an enforced perimeter: it cannot tell GitHub's exchange of
   * tokens from anybody else's.
   *
   * @default - none
   */
  readonly gitHub?: GitHubBranch;
}

export interface GitHubBranch {
  /** Number of the organisation or user that owns the repository: `gh api users/NAME --jq .id`. */
  readonly ownerId: string;

  /** As `acme/models`. */
  readonly repository: string;

  /** As `main`. Others may push to other branches, and no other may publish. */
  readonly branch: string;
}

export interface AuditSettings {
  /** Days for which the log bucket keeps its entries. */
  readonly retentionDays: number;

  /**
   * Days for which an archive keeps a copy of every entry.
   *
   * @default - no archive
   */
  readonly archiveDays?: number;

  /** Whether nobody, Google included, can shorten either, or delete what is kept. This cannot be undone. */
  readonly locked: boolean;
}

export interface NetworkSettings {
  /** Addresses that all ranges are taken from. */
  readonly cidr: string;

  /** Subnets by name, those of clusters with the pods that a node runs. Append to them. */
  readonly subnets: Readonly<Record<string, SubnetSize>>;

  /**
   * Names of static addresses under which the internet sees the network, for whoever lets in known ones only.
   *
   * @default - Google chooses addresses
   */
  readonly natAddresses?: readonly string[];

  /**
   * Prefix of the range for services that Google runs and peers with the network, Cloud SQL among them.
   *
   * @default - no such services
   */
  readonly privateServicesPrefix?: number;

  /**
   * Address at which hosts on premises reach the APIs of Google that a perimeter can guard: one of `cidr` that no subnet
   * has, for the router that advertises it to them.
   *
   * @default - none; machines of the network reach these APIs without
   */
  readonly googleApisEndpoint?: string;

  /**
   * Which connections are logged, and how closely.
   *
   * @default - every one, every 5 seconds
   */
  readonly flowLogs?: FlowLogs;
}

export interface SecretSettings {
  /**
   * Days after which the secret is announced as due, to the topic that all secrets share.
   *
   * @default - never
   */
  readonly rotationDays?: number;
}

export interface QuotaSettings {
  /**
   * Who answers when Google asks about a limit. An account that may change the project's quotas.
   *
   * @default - nobody, where no limit is above 0
   */
  readonly contactEmail?: string;

  /** The most accelerators of each kind that run in the environment's region: those on demand, and those of Spot. */
  readonly accelerators: Readonly<Record<string, { readonly onDemand?: number; readonly spot?: number }>>;
}

export interface BudgetSettings {
  /** Billing account that pays for the project. */
  readonly billingAccount: string;

  /** What may be spent in a period. */
  readonly amount: number;

  /** @default - the billing account's */
  readonly currency?: string;

  /** @default "month" */
  readonly period?: BudgetPeriod;
}

export interface PerimeterSettings {
  /** Number of the organisation's access policy. */
  readonly accessPolicy: string;

  /** Whether requests that cross the perimeter are refused; otherwise they are only logged. */
  readonly enforced: boolean;

  /** Who deploys from outside, as `serviceAccount:...`. */
  readonly deployers: readonly string[];
}

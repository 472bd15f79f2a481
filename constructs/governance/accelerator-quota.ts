import { CloudQuotasQuotaPreference } from "@cdktf/provider-google/lib/cloud-quotas-quota-preference";
import { Token } from "cdktf";
import { Construct } from "constructs";
import { acceleratorQuotaCatalog, acceleratorsWithQuota } from "../catalog/accelerator-quotas";
import { checkName } from "../catalog/names";
import { checkRegion } from "../catalog/regions";
import { ConstructError, type Finding } from "../construct-error";
import { didYouMean } from "../suggestion";

/** A check of Google's that keeps a limit from being lowered by mistake. */
export type QuotaSafetyCheck = "below-usage" | "large-decrease";

export interface AcceleratorQuotaProps {
  /** Project whose limit it is. */
  readonly project: string;

  /**
   * What is limited, as a node pool asks for it: `nvidia-l4`, `tpu-v6e-slice`. `all-gpus` is the limit that all GPUs
   * on demand share beyond their own.
   */
  readonly accelerator: string;

  /**
   * How many may run at a time: GPUs, or chips of TPUs. 0 forbids them. More than the project has now is a request
   * that Google may grant in part or not at all; less takes effect at once.
   */
  readonly limit: number;

  /**
   * Region in which the limit holds.
   *
   * @default - none, for an accelerator whose limit holds in all regions together
   */
  readonly region?: string;

  /**
   * Whether the limit is that of Spot. Flex-start counts against it first, and where it does not suffice against the
   * one on demand: to forbid flex-start takes both.
   *
   * @default false
   */
  readonly spot?: boolean;

  /**
   * Who answers when Google asks about the request. It must be an account that may change the project's quotas.
   *
   * @default - nobody, where the limit is 0
   */
  readonly contactEmail?: string;

  /**
   * What the accelerators are for, for whoever at Google decides.
   *
   * @default - none
   */
  readonly justification?: string;

  /**
   * The check of Google's to go without: that nothing that runs already exceeds the limit (`below-usage`), or that it
   * is not lowered by more than a tenth (`large-decrease`). Google lets one of them go at a time.
   *
   * @default - "large-decrease" where the limit is 0, otherwise none
   */
  readonly ignoredSafetyCheck?: QuotaSafetyCheck;
}

const safetyChecks: Readonly<Record<QuotaSafetyCheck, string>> = {
  "below-usage": "QUOTA_DECREASE_BELOW_USAGE",
  "large-decrease": "QUOTA_DECREASE_PERCENTAGE_TOO_HIGH",
};

/**
 * The most accelerators of one kind that a project can run. A budget tells of money that is gone; a limit keeps it
 * from being spent. Google keeps the limit when this is destroyed, and has one per accelerator, region and kind: to
 * limit another, declare another, since what a limit is of cannot be changed.
 */
export class AcceleratorQuota extends Construct {
  constructor(scope: Construct, id: string, props: AcceleratorQuotaProps) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkAcceleratorQuota(props));

    const { project, accelerator, limit, region, spot = false, contactEmail, justification } = props;
    const { ignoredSafetyCheck = limit === 0 ? "large-decrease" : undefined } = props;
    const row = acceleratorQuotaCatalog.accelerators[accelerator];
    const { quotaId, dimensions } = (spot ? row.spot : row.onDemand) ?? row.onDemand;
    new CloudQuotasQuotaPreference(this, "Resource", {
      parent: `projects/${project}`,
      name: [accelerator, spot ? "spot" : undefined, region].filter((part) => part !== undefined).join("-"),
      service: acceleratorQuotaCatalog.service,
      quotaId,
      dimensions: row.perRegion && region !== undefined ? { region, ...dimensions } : undefined,
      quotaConfig: { preferredValue: String(limit) },
      contactEmail,
      justification,
      ignoreSafetyChecks: ignoredSafetyCheck && safetyChecks[ignoredSafetyCheck],
    });
  }
}

/** Every reason for which Google would refuse this limit, or would leave the request without an answer. */
export function checkAcceleratorQuota(props: AcceleratorQuotaProps): Finding[] {
  const { project, accelerator, limit, region, spot = false, contactEmail, ignoredSafetyCheck } = props;
  return [
    ...checkName("project", "project", project),
    ...checkAccelerator(accelerator, region, spot),
    ...checkLimit(limit, contactEmail),
    ...(ignoredSafetyCheck === undefined || Object.hasOwn(safetyChecks, ignoredSafetyCheck)
      ? []
      : [
          {
            property: "ignoredSafetyCheck",
            received: ignoredSafetyCheck,
            remedy: `use one of ${Object.keys(safetyChecks).join(", ")}`,
          },
        ]),
  ];
}

function checkAccelerator(accelerator: string, region: string | undefined, spot: boolean): Finding[] {
  if (!acceleratorsWithQuota.includes(accelerator)) {
    const remedy = `${didYouMean(accelerator, acceleratorsWithQuota)}Use one of ${acceleratorsWithQuota.join(", ")}`;
    const unknown = { property: "accelerator", received: accelerator, remedy };
    return [unknown, ...(region === undefined ? [] : checkRegion("region", region))];
  }
  const row = acceleratorQuotaCatalog.accelerators[accelerator];
  const findings: Finding[] = [];
  if (row.perRegion && region === undefined)
    findings.push({
      property: "region",
      received: region,
      remedy: `name a region: ${accelerator} has one limit in each`,
    });
  else if (!row.perRegion && region !== undefined)
    findings.push({
      property: "region",
      received: region,
      remedy: `leave it out: the limit of ${accelerator} holds in all regions together`,
    });
  else if (region !== undefined) findings.push(...checkRegion("region", region));
  if (spot && row.spot === undefined)
    findings.push({
      property: "spot",
      received: spot,
      remedy: `leave it out: no limit of Spot is known for ${accelerator}`,
    });
  return findings;
}

function checkLimit(limit: number, contactEmail: string | undefined): Finding[] {
  if (!Number.isInteger(limit) || limit < 0)
    return [{ property: "limit", received: limit, remedy: "use a whole number from 0, which forbids them" }];
  if (limit > 0 && contactEmail === undefined)
    return [
      {
        property: "contactEmail",
        received: contactEmail,
        remedy: "name an address: Google takes no request for more without one",
      },
    ];
  if (
    contactEmail !== undefined &&
    !Token.isUnresolved(contactEmail) &&
    !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(contactEmail)
  )
    return [
      { property: "contactEmail", received: contactEmail, remedy: "use an address, as ml-platform@acme.com" },
    ];
  return [];
}

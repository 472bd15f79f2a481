import { OrgPolicyPolicy, type OrgPolicyPolicySpec } from "@cdktf/provider-google/lib/org-policy-policy";
import { Token } from "cdktf";
import { Construct } from "constructs";
import {
  type OrganizationPolicy,
  type OrganizationPolicyRow,
  organizationPolicyCatalog,
} from "../catalog/organization-policies";
import { regions } from "../catalog/regions";
import { ConstructError, type Finding } from "../construct-error";
import { didYouMean } from "../suggestion";

export interface OrganizationPoliciesProps {
  /**
   * What the policies hold for: `projects/<id>`, `folders/<number>` or `organizations/<number>`. What lies below
   * inherits them.
   */
  readonly parent: string;

  /**
   * Where resources may be created: regions (`europe-west4`), groups of regions that Google keeps up to date
   * (`eu-locations`), and locations of many regions (`global`). What existed before stays where it is.
   */
  readonly locations: readonly string[];

  /**
   * APIs of which nothing may be created that lacks a key, as `storage.googleapis.com`. None leaves this policy out.
   *
   * @default - those whose resources this library gives keys to, Cloud Logging excepted: Google creates log buckets
   * without a key in every project
   */
  readonly cmekServices?: readonly string[];

  /**
   * Whose keys may be used: `projects/<id>`, `folders/<number>` or `organizations/<number>`. None leaves this
   * policy out.
   *
   * @default - the parent's own
   */
  readonly keyProjects?: readonly string[];

  /**
   * Refuse to open a bucket to everybody.
   *
   * @default true
   */
  readonly publicAccessPrevention?: boolean;

  /**
   * Refuse buckets whose objects have access lists of their own.
   *
   * @default true
   */
  readonly uniformBucketAccess?: boolean;

  /**
   * Refuse to create keys of service accounts.
   *
   * @default true
   */
  readonly noServiceAccountKeys?: boolean;

  /**
   * Refuse to upload keys of service accounts.
   *
   * @default true
   */
  readonly noServiceAccountKeyUploads?: boolean;

  /**
   * Refuse API keys that stand for a service account.
   *
   * @default true
   */
  readonly noServiceAccountApiKeys?: boolean;

  /**
   * Keep Google from making default service accounts editors of their project.
   *
   * @default true
   */
  readonly noDefaultServiceAccountGrants?: boolean;

  /**
   * Refuse to make default service accounts editors or owners later.
   *
   * @default true
   */
  readonly noBasicRolesForDefaultServiceAccounts?: boolean;

  /**
   * Refuse machines without Shielded VM.
   *
   * @default true
   */
  readonly shieldedVms?: boolean;

  /**
   * Refuse machines with an address of their own on the internet.
   *
   * @default true
   */
  readonly noExternalIps?: boolean;

  /**
   * Create projects without the default network. On a project it comes too late.
   *
   * @default - true for a folder or an organization
   */
  readonly noDefaultNetwork?: boolean;

  /**
   * Let machines be logged in to by IAM only.
   *
   * @default true
   */
  readonly osLogin?: boolean;

  /**
   * Refuse access to the serial console of machines.
   *
   * @default true
   */
  readonly noSerialPort?: boolean;

  /**
   * Whether Google's newer, managed constraints are set where there is one. Turn it off where an audit asks for the
   * older ones by name; none of those can be in `dryRun`.
   *
   * @default true
   */
  readonly managedConstraints?: boolean;

  /**
   * Policies that are tried for now: what they would refuse is logged, and not refused. Google tries managed
   * constraints only.
   *
   * @default - none: all are enforced
   */
  readonly dryRun?: readonly OrganizationPolicy[];
}

/** What a policy says, apart from which it is. */
type Rule = NonNullable<Exclude<OrgPolicyPolicySpec["rules"], { resolve: unknown }>>;

const { policies, locationGroups, multiRegions, cmekServices: servicesWithKeys } = organizationPolicyCatalog;

const policyNames = Object.keys(policies) as OrganizationPolicy[];

const defaultCmekServices = [
  "aiplatform.googleapis.com",
  "artifactregistry.googleapis.com",
  "bigquery.googleapis.com",
  "compute.googleapis.com",
  "container.googleapis.com",
  "pubsub.googleapis.com",
  "run.googleapis.com",
  "secretmanager.googleapis.com",
  "sqladmin.googleapis.com",
  "storage.googleapis.com",
];

/**
 * What Google refuses below a project, a folder or an organization, whoever asks for it and by whatever way. Every
 * policy is on unless it is turned off; one that is turned off is left to what is set further up.
 */
export class OrganizationPolicies extends Construct {
  constructor(scope: Construct, id: string, props: OrganizationPoliciesProps) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkOrganizationPolicies(props));

    for (const policy of policyNames) {
      const row: OrganizationPolicyRow = policies[policy];
      const managed = props.managedConstraints === false ? undefined : row.managed;
      const spec = specOf(policy, managed === undefined ? row.kind : "boolean", props);
      if (spec === undefined) continue;
      const constraint = managed ?? row.constraint;
      new OrgPolicyPolicy(this, policy, {
        name: `${props.parent}/policies/${constraint}`,
        parent: props.parent,
        ...(props.dryRun?.includes(policy) ? { dryRunSpec: spec } : { spec }),
      });
    }
  }
}

/** Every reason for which Google would refuse these policies, or would set them to no effect. */
export function checkOrganizationPolicies(props: OrganizationPoliciesProps): Finding[] {
  const { parent, locations, cmekServices = [], keyProjects = [] } = props;
  return [
    ...checkResource("parent", parent),
    ...checkLocations(locations),
    ...cmekServices.flatMap((service, index) => checkCmekService(`cmekServices[${index}]`, service)),
    ...keyProjects.flatMap((project, index) => checkResource(`keyProjects[${index}]`, project)),
    ...policyNames.filter((policy) => isIdle(policy, props)).map((policy) => idle(policy, props)),
    ...checkDryRun(props),
  ];
}

function specOf(
  policy: OrganizationPolicy,
  kind: OrganizationPolicyRow["kind"],
  props: OrganizationPoliciesProps,
): OrgPolicyPolicySpec | undefined {
  const { parent, locations, cmekServices = defaultCmekServices, keyProjects = [parent] } = props;
  if (policy === "locations") return { rules: allow(locations.map(locationValue)) };
  if (policy === "keyProjects")
    return keyProjects.length > 0
      ? { rules: allow(keyProjects.map((owner) => `under:${owner}`)) }
      : undefined;
  if (policy === "cmekServices")
    return cmekServices.length > 0
      ? {
          // A list replaces the one above it, and what that denies would be allowed again.
          inheritFromParent: parent.startsWith("organizations/") ? undefined : true,
          rules: [{ values: { deniedValues: cmekServices.map((service) => `is:${service}`) } }],
        }
      : undefined;
  if (!isOn(policy, props)) return undefined;
  return { rules: [kind === "boolean" ? { enforce: "TRUE" } : { denyAll: "TRUE" }] };
}

function allow(allowedValues: string[]): Rule {
  return [{ values: { allowedValues } }];
}

function locationValue(location: string): string {
  // What is known only at apply is a region, as a stack's is.
  if (Token.isUnresolved(location) || regions.includes(location)) return `in:${location}-locations`;
  return locationGroups.includes(location) ? `in:${location}` : location;
}

type Switch = Exclude<OrganizationPolicy, "locations" | "cmekServices" | "keyProjects">;

function isOn(policy: Switch, props: OrganizationPoliciesProps): boolean {
  return props[policy] ?? (policies[policy].onProject || !props.parent.startsWith("projects/"));
}

/** Asked for, where it has no effect. */
function isIdle(policy: OrganizationPolicy, props: OrganizationPoliciesProps): boolean {
  return !policies[policy].onProject && props.parent.startsWith("projects/") && props[policy] === true;
}

function idle(policy: OrganizationPolicy, props: OrganizationPoliciesProps): Finding {
  const remedy = `leave it out, and set it on the folder or the organization: ${policies[policy].constraint} acts while a project is created`;
  return { property: policy, received: props[policy], remedy };
}

function checkResource(property: string, resource: string): Finding[] {
  const form = /^(?:projects\/[a-z][a-z0-9-]{4,28}[a-z0-9]|(?:folders|organizations)\/\d+)$/;
  if (Token.isUnresolved(resource) || form.test(resource)) return [];
  const remedy =
    "name a project, a folder or an organization, as projects/<id>, folders/<number>, organizations/<number>";
  return [{ property, received: resource, remedy }];
}

function checkLocations(locations: readonly string[]): Finding[] {
  if (locations.length === 0)
    return [
      { property: "locations", received: locations, remedy: "name at least one location, as europe-west4" },
    ];
  const known = [...regions, ...locationGroups, ...multiRegions];
  return locations.flatMap((location, index) => {
    if (Token.isUnresolved(location) || known.includes(location)) return [];
    const remedy = `${didYouMean(location, known)}Use a region, one of ${locationGroups.join(", ")}, or one of ${multiRegions.join(", ")}`;
    return [{ property: `locations[${index}]`, received: location, remedy }];
  });
}

function checkCmekService(property: string, service: string): Finding[] {
  if (servicesWithKeys.includes(service)) return [];
  const remedy = `${didYouMean(service, servicesWithKeys)}A key can be required of ${servicesWithKeys.join(", ")}`;
  return [{ property, received: service, remedy }];
}

function checkDryRun(props: OrganizationPoliciesProps): Finding[] {
  const { dryRun = [], managedConstraints = true } = props;
  return dryRun.flatMap((policy, index) => {
    const property = `dryRun[${index}]`;
    const row: OrganizationPolicyRow | undefined = policies[policy];
    if (row === undefined)
      return [
        {
          property,
          received: policy,
          remedy: `${didYouMean(policy, policyNames)}Use one of ${policyNames.join(", ")}`,
        },
      ];
    if (row.managed === undefined)
      return [
        {
          property,
          received: policy,
          remedy: `enforce it or turn it off: Google tries managed constraints only, and ${row.constraint} is none`,
        },
      ];
    if (!managedConstraints)
      return [
        { property, received: policy, remedy: "leave managedConstraints on: Google tries no others first" },
      ];
    if (specOf(policy, "boolean", props) === undefined)
      return [{ property, received: policy, remedy: `leave it out: ${policy} is turned off` }];
    return [];
  });
}

import { IamWorkloadIdentityPool } from "@cdktf/provider-google/lib/iam-workload-identity-pool";
import { IamWorkloadIdentityPoolProvider } from "@cdktf/provider-google/lib/iam-workload-identity-pool-provider";
import { Token } from "cdktf";
import { Construct } from "constructs";
import { checkName } from "../catalog/names";
import { ConstructError, type Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import { type IIdentity, Principal } from "./identity";

export interface WorkloadIdentityFederationProps {
  /**
   * Name of the pool and of its only provider: in a pool of two, one issuer could speak for the other's subjects.
   * Google keeps a deleted pool for 30 days, and its name as long.
   */
  readonly name: string;

  /** Who signs the tokens, as `https://token.actions.githubusercontent.com`. */
  readonly issuer: string;

  /**
   * What a token has to meet beside being signed, in the Common Expression Language. An issuer may serve others than
   * oneself, so say which tokens are one's own.
   */
  readonly condition: string;

  /**
   * What is kept of a token under which name, to grant access by, as `{ repository: "assertion.repository" }`.
   *
   * @default - nothing but the token's subject
   */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface GitHubFederationProps {
  /** Name of the pool and of its provider. */
  readonly name: string;

  /**
   * Number of the organisation or user whose repositories are meant: `gh api users/NAME --jq .id`. A name can be given
   * up and be taken by somebody else, a number cannot.
   */
  readonly ownerId: string;
}

const SUBJECT_BYTES_MAX = 127;

/**
 * Lets what runs elsewhere, in a build service for example, be granted access by the tokens that it has there,
 * without a key of a service account. Its subjects can do nothing until something is granted to them.
 */
export class WorkloadIdentityFederation extends Construct {
  /**
   * The workflows of one owner's repositories on GitHub. Attributes are `repository`, as `acme/models`, and
   * `repository_ref`, as `acme/models@refs/heads/main`.
   */
  static forGitHub(scope: Construct, id: string, props: GitHubFederationProps): WorkloadIdentityFederation {
    const { name, ownerId } = props;
    ConstructError.throwIfAny(`${scope.node.path}/${id}`, [
      ...checkName("identityPool", "name", name),
      ...checkGitHubOwner("ownerId", ownerId),
    ]);
    return new WorkloadIdentityFederation(scope, id, {
      name,
      issuer: "https://token.actions.githubusercontent.com",
      condition: `assertion.repository_owner_id == "${ownerId}"`,
      attributes: {
        repository: "assertion.repository",
        // A branch by itself would mean that branch of every repository.
        repository_ref: 'assertion.repository + "@" + assertion.ref',
      },
    });
  }

  private readonly pool: IamWorkloadIdentityPool;
  private readonly attributeNames: readonly string[];
  /** By ids as they were asked for: as children, acme/models and acme--models have the same one. */
  private readonly principals = new Map<string, Principal>();

  constructor(scope: Construct, id: string, props: WorkloadIdentityFederationProps) {
    super(scope, id);
    const { name, issuer, condition, attributes = {} } = props;
    this.attributeNames = Object.keys(attributes);
    ConstructError.throwIfAny(this, [
      ...checkName("identityPool", "name", name),
      ...checkIssuer("issuer", issuer),
      ...checkCondition("condition", condition),
      ...Object.entries(attributes).flatMap(([attribute, from]) =>
        checkAttribute(`attributes.${attribute}`, attribute, from),
      ),
    ]);

    this.pool = new IamWorkloadIdentityPool(this, "Resource", {
      workloadIdentityPoolId: name,
      displayName: name,
    });
    new IamWorkloadIdentityPoolProvider(this, "Provider", {
      workloadIdentityPoolId: this.pool.workloadIdentityPoolId,
      workloadIdentityPoolProviderId: name,
      displayName: name,
      oidc: { issuerUri: issuer },
      attributeMapping: {
        "google.subject": "assertion.sub",
        ...Object.fromEntries(
          Object.entries(attributes).map(([attribute, from]) => [`attribute.${attribute}`, from]),
        ),
      },
      attributeCondition: condition,
    });
  }

  /** Whoever has this subject, as `repo:acme/models:environment:prod`. */
  subject(subject: string): IIdentity {
    ConstructError.throwIfAny(this, checkSubject("subject", subject));
    return this.principal(
      `Subject ${subject}`,
      `principal://iam.googleapis.com/${this.pool.name}/subject/${subject}`,
    );
  }

  /** All that have this value of an attribute, as every workflow of a repository. */
  attribute(name: string, value: string): IIdentity {
    ConstructError.throwIfAny(this, [
      ...this.checkAttribute("name", name),
      ...checkValue("value", value, name),
    ]);
    return this.principal(
      `Attribute ${name} ${value}`,
      `principalSet://iam.googleapis.com/${this.pool.name}/attribute.${name}/${value}`,
    );
  }

  private principal(id: string, member: string): IIdentity {
    const principal = this.principals.get(id) ?? new Principal(this, id, member);
    this.principals.set(id, principal);
    return principal;
  }

  private checkAttribute(property: string, name: string): Finding[] {
    if (this.attributeNames.includes(name)) return [];
    const known = this.attributeNames.length > 0 ? this.attributeNames.join(", ") : "no attribute";
    const remedy = `${didYouMean(name, this.attributeNames)}The federation keeps ${known}: name one, or keep another by attributes`;
    return [{ property, received: name, remedy }];
  }
}

/** Findings on what is no number of an owner on GitHub. */
export function checkGitHubOwner(property: string, ownerId: string): Finding[] {
  if (Token.isUnresolved(ownerId) || /^\d+$/.test(ownerId)) return [];
  return [{ property, received: ownerId, remedy: "state the owner's number: gh api users/NAME --jq .id" }];
}

function checkIssuer(property: string, issuer: string): Finding[] {
  if (Token.isUnresolved(issuer) || /^https:\/\/[^\s/?#]+(?:\/[^\s?#]*)?$/.test(issuer)) return [];
  return [{ property, received: issuer, remedy: "state its address, as https://issuer.example.com" }];
}

function checkCondition(property: string, condition: string): Finding[] {
  if (condition.trim() !== "" && condition.trim() !== "true" && condition.length <= 4_096) return [];
  const remedy =
    'say in at most 4,096 characters which tokens are yours, as assertion.repository_owner_id == "123"';
  return [{ property, received: condition, remedy }];
}

function checkAttribute(property: string, name: string, from: string): Finding[] {
  return [
    ...checkName("identityAttribute", property, name),
    ...(from.trim() === ""
      ? [{ property, received: from, remedy: "say what of the token it is, as assertion.repository" }]
      : []),
  ];
}

function checkSubject(property: string, subject: string): Finding[] {
  if (Token.isUnresolved(subject)) return [unaddressable(property, subject)];
  if (subject !== "" && Buffer.byteLength(subject) <= SUBJECT_BYTES_MAX) return [];
  return [{ property, received: subject, remedy: `state 1 to ${SUBJECT_BYTES_MAX} bytes` }];
}

function checkValue(property: string, value: string, attribute: string): Finding[] {
  if (Token.isUnresolved(value)) return [unaddressable(property, value)];
  return value === "" ? [{ property, received: value, remedy: `say which ${attribute} is meant` }] : [];
}

/** A token's text differs from one synth to the next, and with it the address of every grant. */
function unaddressable(property: string, received: string): Finding {
  return { property, received, remedy: "state it at synth, since grants are addressed by it" };
}

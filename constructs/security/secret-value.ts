import { SecretManagerSecret } from "@cdktf/provider-google/lib/secret-manager-secret";
import { SecretManagerSecretIamMember } from "@cdktf/provider-google/lib/secret-manager-secret-iam-member";
import { Fn, type ITerraformDependable, Token } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { checkDays } from "../catalog/days";
import { checkName } from "../catalog/names";
import { secretManagerCatalog } from "../catalog/secret-manager";
import { ConstructError, type Finding } from "../construct-error";
import type { IEncryptionKey } from "./encryption-key";
import type { IIdentity } from "./identity";
import type { IRotationTopic } from "./rotation-topic";
import { ServiceAgent } from "./service-agent";

export interface ISecretValue extends IConstruct {
  /** `projects/.../secrets/...` */
  readonly secretId: string;

  /** Lets an identity read the value. Returns the grant, to wait for. */
  grantRead(identity: IIdentity): ITerraformDependable;

  /** Lets an identity add a new value, and neither read nor destroy any: for what rotates the secret. */
  grantAddVersion(identity: IIdentity): ITerraformDependable;
}

export interface SecretValueProps {
  /** Name, unique in the project. */
  readonly name: string;

  /** Key that every version is encrypted with. The value lies where its key lies, and nowhere else. */
  readonly key: IEncryptionKey;

  /**
   * Days after which the secret is announced as due on its topic, again and again. Google announces, and whoever
   * subscribes to the topic adds the new version.
   *
   * @default - it is never announced
   */
  readonly rotationDays?: number;

  /**
   * Topic that says when the secret is due; required with `rotationDays`.
   *
   * @default - none, as the secret is never announced
   */
  readonly rotationTopic?: IRotationTopic;

  /**
   * When the secret is announced first, in UTC, as `2027-01-15T06:00:00Z`: later than five minutes after the secret
   * is made. Google moves the time on with every rotation, so a later change here has no effect.
   *
   * @default - rotationDays after the plan that makes the secret
   */
  readonly firstRotation?: string;

  /**
   * Days during which a version that was asked to be destroyed, and cannot be read from then on, can still be
   * restored: 1 to 1,000.
   *
   * @default 7
   */
  readonly versionDestroyDays?: number;

  /**
   * Whether Terraform refuses to destroy the secret. Its versions are lost with it, at once.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

abstract class SecretBase extends Construct implements ISecretValue {
  abstract readonly secretId: string;

  grantRead(identity: IIdentity): ITerraformDependable {
    return this.grant("Read", identity, "roles/secretmanager.secretAccessor");
  }

  grantAddVersion(identity: IIdentity): ITerraformDependable {
    return this.grant("AddVersion", identity, "roles/secretmanager.secretVersionAdder");
  }

  private grant(what: string, identity: IIdentity, role: string): ITerraformDependable {
    return new SecretManagerSecretIamMember(identity, `${what} ${this.node.path}`, {
      secretId: this.secretId,
      role,
      member: identity.member,
    });
  }
}

/**
 * A secret of which Terraform knows everything but the value, which would lie readable in its state: add it with
 * `gcloud secrets versions add NAME --data-file=-`.
 */
export class SecretValue extends SecretBase {
  /** A secret that is managed elsewhere, by `projects/P/secrets/S`. */
  static fromSecretId(scope: Construct, id: string, secretId: string): ISecretValue {
    return new ImportedSecret(scope, id, secretId);
  }

  readonly secretId: string;

  constructor(scope: Construct, id: string, props: SecretValueProps) {
    super(scope, id);
    const { name, key, versionDestroyDays = 7, deletionProtection = true } = props;
    const { rotationDays, rotationTopic, firstRotation } = props;
    ConstructError.throwIfAny(this, [
      ...checkName("secret", "name", name),
      ...checkVersionDestroy("versionDestroyDays", versionDestroyDays),
      ...checkRotation(props),
    ]);

    this.secretId = new SecretManagerSecret(this, "Resource", {
      secretId: name,
      // A regional secret would keep its name and labels in the region too, but is reached by another host name per
      // region, which whatever reads it has to be told. The value lies in one region either way.
      replication: {
        userManaged: {
          replicas: [
            {
              location: key.location,
              customerManagedEncryption: { kmsKeyName: key.keyIdFor(ServiceAgent.SECRET_MANAGER) },
            },
          ],
        },
      },
      rotation:
        rotationDays === undefined
          ? undefined
          : {
              rotationPeriod: `${rotationDays * 86_400}s`,
              // Terraform's clock and not synth's, whose output would differ from one run to the next.
              nextRotationTime: firstRotation ?? Fn.timeadd(Fn.plantimestamp(), `${rotationDays * 24}h`),
            },
      topics: rotationTopic && [{ name: rotationTopic.topicId }],
      versionDestroyTtl: `${versionDestroyDays * 86_400}s`,
      deletionProtection,
      lifecycle: {
        preventDestroy: deletionProtection,
        // Google moves it on, and Terraform would move it back, into the past, which Google refuses.
        ignoreChanges: rotationDays === undefined ? undefined : ["rotation[0].next_rotation_time"],
      },
    }).id;
  }
}

class ImportedSecret extends SecretBase {
  constructor(
    scope: Construct,
    id: string,
    readonly secretId: string,
  ) {
    super(scope, id);
    if (Token.isUnresolved(secretId)) return;
    const name = /^projects\/[^/]+\/secrets\/([^/]+)$/.exec(secretId)?.[1];
    if (name === undefined || checkName("secret", "secretId", name).length > 0)
      throw new ConstructError(this, [
        { property: "secretId", received: secretId, remedy: "state it in full: projects/P/secrets/S" },
      ]);
  }
}

function checkRotation({ rotationDays, rotationTopic, firstRotation }: SecretValueProps): Finding[] {
  if (rotationDays === undefined)
    return [
      ...(rotationTopic === undefined ? [] : [withRotation("rotationTopic", rotationTopic.node.path)]),
      ...(firstRotation === undefined ? [] : [withRotation("firstRotation", firstRotation)]),
    ];
  const topic: Finding = {
    property: "rotationTopic",
    received: rotationTopic,
    remedy: "give the RotationTopic that says when the secret is due",
  };
  return [
    ...checkSecretRotation("rotationDays", rotationDays),
    ...(rotationTopic === undefined ? [topic] : []),
    ...(firstRotation === undefined ? [] : checkTimestamp("firstRotation", firstRotation)),
  ];
}

function withRotation(property: string, received: unknown): Finding {
  return { property, received, remedy: "state rotationDays too, or leave it out" };
}

/** Findings on a time between two rotations that Google does not offer. */
export function checkSecretRotation(property: string, days: number): Finding[] {
  return checkDays(property, days, secretManagerCatalog.rotationDays);
}

/** Findings on a time until a version's destruction that Google does not offer. */
export function checkVersionDestroy(property: string, days: number): Finding[] {
  return checkDays(property, days, secretManagerCatalog.versionDestroyDays);
}

/** That it lies in the future is not judged: it does when the secret is made, and no longer when it is planned again. */
function checkTimestamp(property: string, timestamp: string): Finding[] {
  if (Token.isUnresolved(timestamp)) return [];
  const milliseconds = Date.parse(timestamp);
  // Of 30 February Date makes 2 March.
  if (
    !Number.isNaN(milliseconds) &&
    new Date(milliseconds).toISOString() === timestamp.replace(/(:\d\d)Z$/, "$1.000Z")
  )
    return [];
  return [
    { property, received: timestamp, remedy: "state a moment in UTC to the second, as 2027-01-15T06:00:00Z" },
  ];
}

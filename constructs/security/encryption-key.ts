import { KmsCryptoKey } from "@cdktf/provider-google/lib/kms-crypto-key";
import { KmsCryptoKeyIamMember } from "@cdktf/provider-google/lib/kms-crypto-key-iam-member";
import { KmsKeyRing } from "@cdktf/provider-google/lib/kms-key-ring";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { cloudKmsCatalog } from "../catalog/cloud-kms";
import { checkDays } from "../catalog/days";
import { checkName } from "../catalog/names";
import { checkRegion, regions } from "../catalog/regions";
import { ConstructError, type Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import type { IIdentity } from "./identity";
import type { ServiceAgent } from "./service-agent";

/** A key that resources are encrypted with. They lie where their key lies. */
export interface IEncryptionKey extends IConstruct {
  /** `projects/.../locations/.../keyRings/.../cryptoKeys/...` */
  readonly keyId: string;
  readonly location: string;

  /**
   * The key's id, for a resource that Google encrypts through this agent. Grants the agent encrypt and
   * decrypt; the id comes by way of that grant, so that whatever uses it waits for the grant, in this stack
   * or, through the remote state, in another.
   */
  keyIdFor(agent: ServiceAgent): string;

  /**
   * Lets an identity encrypt and decrypt with the key by itself: for what wraps its own keys. Whoever reads a
   * bucket or a secret needs no such grant, since Google decrypts through its agent. Returns the grant, to wait for.
   */
  grantEncryptDecrypt(identity: IIdentity): ITerraformDependable;

  /** Lets an identity encrypt, and not decrypt: for what only hands data in. */
  grantEncrypt(identity: IIdentity): ITerraformDependable;

  /** Lets an identity decrypt, and not encrypt. */
  grantDecrypt(identity: IIdentity): ITerraformDependable;
}

/** Where the key's material lies: in Google's software (FIPS 140-2 level 1), or in its hardware modules (level 3). */
export type KeyProtection = "software" | "hsm";

export interface EncryptionKeyProps {
  /**
   * Name of the key and of its ring. Google keeps both for good: destroy takes them out of the state and destroys
   * the key's versions, so they have to be imported before they can be declared under this name again.
   */
  readonly name: string;

  /** Region of the key and of everything that is encrypted with it. */
  readonly location: string;

  /**
   * Days after which new data is encrypted with a new version of the key.
   *
   * @default 90
   */
  readonly rotationDays?: number;

  /**
   * What protects the key's material. Settled when the key is made: a later change would replace the key, which
   * Google refuses under the same name, so make a key under another name and move what is encrypted to it.
   *
   * @default "software"
   */
  readonly protection?: KeyProtection;

  /**
   * Days during which a version that was asked to be destroyed can still be restored: 1 to 120. Settled when the
   * key is made, as its protection is.
   *
   * @default 30
   */
  readonly destroyScheduledDays?: number;

  /**
   * Whether Terraform refuses to destroy the key. All that it encrypts is lost with it.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

const ENCRYPT_DECRYPT = "roles/cloudkms.cryptoKeyEncrypterDecrypter";

const protectionLevels: Readonly<Record<KeyProtection, string>> = { software: "SOFTWARE", hsm: "HSM" };

abstract class KeyBase extends Construct implements IEncryptionKey {
  abstract readonly keyId: string;
  abstract readonly location: string;

  keyIdFor(agent: ServiceAgent): string {
    const existing = this.node.tryFindChild(agent.id) as ServiceAgentGrant | undefined;
    return (existing ?? new ServiceAgentGrant(this, agent)).keyId;
  }

  grantEncryptDecrypt(identity: IIdentity): ITerraformDependable {
    return this.grant("EncryptDecrypt", identity, ENCRYPT_DECRYPT);
  }

  grantEncrypt(identity: IIdentity): ITerraformDependable {
    return this.grant("Encrypt", identity, "roles/cloudkms.cryptoKeyEncrypter");
  }

  grantDecrypt(identity: IIdentity): ITerraformDependable {
    return this.grant("Decrypt", identity, "roles/cloudkms.cryptoKeyDecrypter");
  }

  private grant(what: string, identity: IIdentity, role: string): ITerraformDependable {
    return new KmsCryptoKeyIamMember(identity, `${what} ${this.node.path}`, {
      cryptoKeyId: this.keyId,
      role,
      member: identity.member,
    });
  }
}

class ServiceAgentGrant extends Construct {
  readonly keyId: string;

  constructor(key: KeyBase, agent: ServiceAgent) {
    super(key, agent.id);
    this.keyId = new KmsCryptoKeyIamMember(this, "Resource", {
      cryptoKeyId: key.keyId,
      role: ENCRYPT_DECRYPT,
      ...agent.bind(this),
    }).cryptoKeyId;
  }
}

/** A key ring with one key that rotates. */
export class EncryptionKey extends KeyBase {
  /** A key that is managed elsewhere, by a central security team for example. */
  static fromKeyId(scope: Construct, id: string, keyId: string): IEncryptionKey {
    return new ImportedKey(scope, id, keyId);
  }

  readonly keyId: string;
  readonly location: string;

  constructor(scope: Construct, id: string, props: EncryptionKeyProps) {
    super(scope, id);
    const { name, location, deletionProtection = true } = props;
    const { rotationDays = 90, protection = "software", destroyScheduledDays = 30 } = props;
    ConstructError.throwIfAny(this, [
      ...checkName("key", "name", name),
      ...checkRegion("location", location),
      ...checkKeyRotation("rotationDays", rotationDays),
      ...checkKeyProtection("protection", protection),
      ...checkDestroyScheduled("destroyScheduledDays", destroyScheduledDays),
    ]);

    const lifecycle = { preventDestroy: deletionProtection };
    const ring = new KmsKeyRing(this, "Ring", { name, location, lifecycle });
    const key = new KmsCryptoKey(this, "Resource", {
      name,
      keyRing: ring.id,
      purpose: "ENCRYPT_DECRYPT",
      rotationPeriod: `${rotationDays * 86_400}s`,
      destroyScheduledDuration: `${destroyScheduledDays * 86_400}s`,
      versionTemplate: {
        algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION",
        protectionLevel: protectionLevels[protection],
      },
      lifecycle,
    });
    this.keyId = key.id;
    this.location = location;
  }
}

class ImportedKey extends KeyBase {
  readonly location: string;

  constructor(
    scope: Construct,
    id: string,
    readonly keyId: string,
  ) {
    super(scope, id);
    const location = /^projects\/[^/]+\/locations\/([^/]+)\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/.exec(
      keyId,
    )?.[1];
    if (Token.isUnresolved(keyId) || location === undefined)
      throw new ConstructError(this, [
        {
          property: "keyId",
          received: keyId,
          remedy: "state it in full: projects/P/locations/L/keyRings/R/cryptoKeys/K",
        },
      ]);
    if (!regions.includes(location))
      throw new ConstructError(this, [
        {
          property: "keyId",
          received: keyId,
          remedy: `${didYouMean(location, regions)}${location} is no region, and what is encrypted lies where its key lies: name a key in a region`,
        },
      ]);
    this.location = location;
  }
}

/** Findings on a time between two versions of a key that is not offered. */
export function checkKeyRotation(property: string, days: number): Finding[] {
  return checkDays(property, days, cloudKmsCatalog.rotationDays, "; 90 is what the CIS benchmark asks for");
}

/** Findings on a protection that no key has. */
export function checkKeyProtection(property: string, protection: string): Finding[] {
  const known = Object.keys(protectionLevels);
  if (known.includes(protection)) return [];
  const remedy = `${didYouMean(protection, known)}use one of ${known.join(", ")}`;
  return [{ property, received: protection, remedy }];
}

/** Findings on a time until destruction that Google does not offer. */
export function checkDestroyScheduled(property: string, days: number): Finding[] {
  return checkDays(property, days, cloudKmsCatalog.destroyScheduledDays);
}

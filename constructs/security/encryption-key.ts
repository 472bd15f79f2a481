import { KmsCryptoKey } from "@cdktf/provider-google/lib/kms-crypto-key";
import { KmsCryptoKeyIamMember } from "@cdktf/provider-google/lib/kms-crypto-key-iam-member";
import { KmsKeyRing } from "@cdktf/provider-google/lib/kms-key-ring";
import { Token } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { checkName } from "../catalog/names";
import { checkRegion, regions } from "../catalog/regions";
import { ConstructError, type Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
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
}

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
   * Whether Terraform refuses to destroy the key. All that it encrypts is lost with it.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

abstract class KeyBase extends Construct implements IEncryptionKey {
  abstract readonly keyId: string;
  abstract readonly location: string;

  keyIdFor(agent: ServiceAgent): string {
    const existing = this.node.tryFindChild(agent.id) as ServiceAgentGrant | undefined;
    return (existing ?? new ServiceAgentGrant(this, agent)).keyId;
  }
}

class ServiceAgentGrant extends Construct {
  readonly keyId: string;

  constructor(key: KeyBase, agent: ServiceAgent) {
    super(key, agent.id);
    this.keyId = new KmsCryptoKeyIamMember(this, "Resource", {
      cryptoKeyId: key.keyId,
      role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
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
    const { name, location, rotationDays = 90, deletionProtection = true } = props;
    ConstructError.throwIfAny(this, [
      ...checkName("key", "name", name),
      ...checkRegion("location", location),
      ...checkRotation(rotationDays),
    ]);

    const lifecycle = { preventDestroy: deletionProtection };
    const ring = new KmsKeyRing(this, "Ring", { name, location, lifecycle });
    const key = new KmsCryptoKey(this, "Resource", {
      name,
      keyRing: ring.id,
      purpose: "ENCRYPT_DECRYPT",
      rotationPeriod: `${rotationDays * 86_400}s`,
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

function checkRotation(rotationDays: number): Finding[] {
  if (Number.isInteger(rotationDays) && rotationDays >= 1 && rotationDays <= 365) return [];
  const remedy = "use 1 to 365 whole days; 90 is what the CIS benchmark asks for";
  return [{ property: "rotationDays", received: rotationDays, remedy }];
}

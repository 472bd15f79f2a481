import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import type { PolicyRule } from "./rule";
import * as rules from "./rules";

/** Every rule there is, by id. */
export const policyRules: readonly PolicyRule[] = Object.values<PolicyRule>(rules).sort((left, right) =>
  left.id < right.id ? -1 : 1,
);

/** Names of the packs that an environment can choose. `baseline` is always on. */
export const policyPacks = ["gdpr", "ccpa", "hipaa", "pci-dss"] as const;

export type PolicyPack = (typeof policyPacks)[number];

/** The rules of each pack, beside the baseline's. */
export const rulesOfPack: Readonly<Record<PolicyPack | "baseline", readonly PolicyRule[]>> = {
  baseline: [
    rules.bucketNotPublic,
    rules.bucketRecoverable,
    rules.bucketUniformAccess,
    rules.dataAccessAudited,
    rules.firewallNotOpen,
    rules.gkeAdmittedImages,
    rules.gkeNetworkPolicy,
    rules.gkeNoLegacyAccess,
    rules.gkePrivateControlPlane,
    rules.gkePrivateNodes,
    rules.gkeShieldedNodes,
    rules.gkeWorkloadIdentity,
    rules.keyRotation,
    rules.moduleNotJudged,
    rules.networkCustomSubnets,
    rules.noExternalAddress,
    rules.noPrimitiveRoles,
    rules.noPublicMembers,
    rules.noServiceAccountKeys,
    rules.ownKey,
    rules.ownServiceAccount,
    rules.runNotPublic,
    rules.shieldedMachine,
    rules.sqlEncryptedConnections,
    rules.sqlPrivate,
    rules.subnetFlowLogs,
    rules.subnetPrivateAccess,
    rules.tlsCurrent,
  ],
  gdpr: [
    rules.dataClassified,
    rules.erasureNotLocked,
    rules.erasureOfVersions,
    rules.keyKept,
    rules.residencyEu,
    rules.sqlBackups,
  ],
  ccpa: [rules.dataClassified, rules.erasureNotLocked, rules.erasureOfVersions],
  hipaa: [rules.auditKept6Years, rules.dataClassified, rules.keyKept, rules.sqlBackups],
  "pci-dss": [rules.auditKept12Months, rules.dataClassified, rules.firewallNamesPorts, rules.keyKept],
};

/** The packs of which a rule is part. */
export function packsOf(rule: PolicyRule): string[] {
  return Object.entries(rulesOfPack).flatMap(([pack, members]) => (members.includes(rule) ? [pack] : []));
}

/** The rules of packs and the baseline, each once, by id. */
export function rulesOf(packs: readonly PolicyPack[]): PolicyRule[] {
  const chosen = new Set(["baseline" as const, ...packs].flatMap((pack) => rulesOfPack[pack]));
  return policyRules.filter((rule) => chosen.has(rule));
}

export function checkPolicyPacks(property: string, packs: readonly string[]): Finding[] {
  return packs.flatMap((pack, index) => {
    if ((policyPacks as readonly string[]).includes(pack)) return [];
    const remedy =
      pack === "baseline"
        ? "leave it out: it is always on"
        : `${didYouMean(pack, policyPacks)}Known are ${policyPacks.join(", ")}`;
    return [{ property: `${property}[${index}]`, received: pack, remedy }];
  });
}

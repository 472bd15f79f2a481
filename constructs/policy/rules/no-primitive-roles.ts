import { ccpa, cis, gdpr, hipaa, pciDss } from "../control";
import { grantTypes, rolesOf } from "../iam-grants";
import { expectEach, type ResourceRule } from "../rule";

/** The three that are older than IAM, and those that follow them. https://cloud.google.com/iam/docs/roles-overview#basic */
const primitiveRoles = ["owner", "editor", "viewer", "admin", "writer", "reader"].map(
  (role) => `roles/${role}`,
);

/** Grants for some hours, to whoever asks and is approved. */
const ENTITLEMENT = "google_privileged_access_manager_entitlement";

export const noPrimitiveRoles: ResourceRule = {
  id: "no-primitive-roles",
  checks: "Nobody is granted owner, editor or viewer, nor admin, writer or reader of everything.",
  why: "These roles reach into every service of a project, those that are enabled later too.",
  remedy: "grant the predefined role of the one service that is needed, by a construct's grant methods",
  controls: [cis("1.5"), gdpr("Art. 25(2)"), hipaa("164.308(a)(4)"), pciDss("7.2.2"), ccpa("1798.100(e)")],
  level: "error",
  appliesTo: [...grantTypes, ENTITLEMENT],
  judge: (grant) =>
    expectEach(
      grant.type === ENTITLEMENT
        ? grant.arguments("privileged_access.gcp_iam_access.role_bindings.role")
        : rolesOf(grant),
      ({ text }) => !primitiveRoles.includes(text.trim().toLowerCase()),
    ),
};

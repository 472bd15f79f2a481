import { ccpa, cis, gdpr, hipaa, pciDss } from "../control";
import { grantTypes, rolesOf } from "../iam-grants";
import { expectEach, type ResourceRule } from "../rule";

const primitiveRoles = ["roles/owner", "roles/editor", "roles/viewer"];

export const noPrimitiveRoles: ResourceRule = {
  id: "no-primitive-roles",
  checks: "Nobody is granted owner, editor or viewer.",
  why: "These roles reach into every service of a project, those that are enabled later too.",
  remedy: "grant the predefined role of the one service that is needed, by a construct's grant methods",
  controls: [cis("1.5"), gdpr("Art. 25(2)"), hipaa("164.308(a)(4)"), pciDss("7.2.2"), ccpa("1798.100(e)")],
  level: "error",
  appliesTo: grantTypes,
  judge: (grant) => expectEach(rolesOf(grant), ({ text }) => !primitiveRoles.includes(text)),
};

import { ccpa, cis, gdpr, hipaa, pciDss } from "../control";
import { grantTypes, membersOf } from "../iam-grants";
import type { Argument } from "../rendered-resource";
import { type ResourceRule, unresolved, violation } from "../rule";

const everybody = ["allUsers", "allAuthenticatedUsers"];

/** Types whose attributes name one service account, so that they can never stand for everybody. */
const accounts =
  /^(?:serviceAccount:)?\$\{(?:data\.)?google_(?:service_account|storage_project_service_account|storage_transfer_project_service_account|bigquery_default_service_account|compute_default_service_account|project_service_identity|logging_\w+_sink|sql_database_instance)\.[\w-]+\.\w+\}$/;

export const noPublicMembers: ResourceRule = {
  id: "no-public-members",
  checks: "Nothing is granted to allUsers or allAuthenticatedUsers.",
  why: "The one is everybody on the internet, and the other everybody with a Google account.",
  remedy: "name who is meant, as group:NAME or serviceAccount:NAME",
  controls: [
    cis("1.9"),
    cis("5.1"),
    gdpr("Art. 25(2)"),
    hipaa("164.312(a)(1)"),
    pciDss("7.2.1"),
    ccpa("1798.100(e)"),
  ],
  level: "error",
  appliesTo: grantTypes,
  judge: (grant) =>
    membersOf(grant).flatMap((member) => {
      if (everybody.includes(member.text)) return [violation(member)];
      return member.isUnresolved && !namesSomebody(member) ? [unresolved(member)] : [];
    }),
};

function namesSomebody({ text }: Argument): boolean {
  // A kind that is written out cannot turn into allUsers, whoever the name turns out to be.
  return accounts.test(text) || /^(?:user|group|serviceAccount|domain|principal|principalSet):/.test(text);
}

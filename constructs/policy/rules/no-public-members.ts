import { accessListOf, accessListTypes } from "../access-lists";
import { ccpa, cis, gdpr, hipaa, pciDss } from "../control";
import { grantTypes, membersOf } from "../iam-grants";
import type { Argument } from "../rendered-resource";
import { type ResourceRule, unresolved, violation } from "../rule";

/** As a member, as whom a role of an access list is for, and as the list of Cloud Storage that names them. */
const everybody =
  /^(?:\w+:)?(?:allusers|allauthenticatedusers)$|^(?:publicread|publicreadwrite|authenticatedread)$|^principalset:\/\/goog\/public:all$/i;

/** Types whose attributes name one service account, so that they can never stand for everybody. */
const accounts =
  /^(?:serviceAccount:)?\$\{(?:data\.)?google_(?:service_account|storage_project_service_account|storage_transfer_project_service_account|bigquery_default_service_account|compute_default_service_account|project_service_identity|logging_\w+_sink|sql_database_instance)\.[\w-]+\.\w+\}$/;

/** How a member, a role of an access list and an entity of one begin that are for somebody. */
const somebody =
  /^(?:user|group|serviceAccount|domain|principal|principalSet|projectOwner|projectEditor|projectViewer):|^(?:(?:OWNER|WRITER|READER):)?(?:user|group|domain|project)-/;

export const noPublicMembers: ResourceRule = {
  id: "no-public-members",
  checks: "Nothing is granted to allUsers or allAuthenticatedUsers.",
  why: "The one is everybody on the internet, and the other everybody with a Google account.",
  remedy: "name who is meant, as group:NAME or serviceAccount:NAME",
  controls: [
    cis("1.9"),
    cis("5.1"),
    cis("7.1"),
    gdpr("Art. 25(2)"),
    hipaa("164.312(a)(1)"),
    pciDss("7.2.2"),
    ccpa("1798.100(e)"),
  ],
  level: "error",
  appliesTo: [...grantTypes, ...accessListTypes],
  judge: (grant) =>
    (accessListTypes.includes(grant.type) ? accessListOf(grant) : membersOf(grant)).flatMap((member) => {
      if (everybody.test(member.text.trim())) return [violation(member)];
      return member.isUnresolved && !namesSomebody(member) ? [unresolved(member)] : [];
    }),
};

function namesSomebody({ text }: Argument): boolean {
  // A kind that is written out cannot turn into allUsers, whoever the name turns out to be.
  return accounts.test(text) || somebody.test(text);
}

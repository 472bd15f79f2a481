import { Token } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { ConstructError, type Finding } from "../construct-error";

/** Somebody or something that can be granted access. Grants become children of whom they are given to. */
export interface IIdentity extends IConstruct {
  /** As IAM writes it: `serviceAccount:...`, `group:...`. */
  readonly member: string;
}

const address = /^[^\s@:[\]]+@[^\s@:[\]]+$/;
// Projects go by their numbers here: by their names Google knows nobody.
const resource = /^\/\/(?:iam|cloudresourcemanager)\.googleapis\.com\/(?!projects\/\D)\S+$/;

/** How IAM writes each kind of member: https://cloud.google.com/iam/docs/principal-identifiers */
const kinds: Readonly<Record<string, { readonly form: RegExp; readonly as: string }>> = {
  user: { form: address, as: "user:ADDRESS" },
  group: { form: address, as: "group:ADDRESS" },
  serviceAccount: {
    form: /^(?:[^\s@:[\]]+@[^\s@:[\]]+|[^\s@[\]]+\.svc\.id\.goog\[[^\s/[\]]+\/[^\s/[\]]+\])$/,
    as: "serviceAccount:ADDRESS",
  },
  domain: { form: /^[^\s@/:]+\.[^\s@/:]+$/, as: "domain:NAME" },
  principal: { form: resource, as: "principal://iam.googleapis.com/projects/NUMBER/..." },
  principalSet: { form: resource, as: "principalSet://iam.googleapis.com/projects/NUMBER/..." },
};

/** An identity that exists outside of this application: a group of callers, another project's service account. */
export class Principal extends Construct implements IIdentity {
  constructor(
    scope: Construct,
    id: string,
    readonly member: string,
  ) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkMember("member", member));
  }
}

/** Findings on a member that access cannot be granted to. One that is known only at apply is not judged. */
export function checkMember(property: string, member: string): Finding[] {
  if (Token.isUnresolved(member)) return [];
  const [kind, name = ""] = member.split(/:(.*)/s);
  if (Object.hasOwn(kinds, kind) && kinds[kind].form.test(name)) return [];
  const forms = Object.values(kinds).map(({ as }) => as);
  const remedy = `name who is meant, as one of ${forms.join(", ")}; access for everybody is not offered`;
  return [{ property, received: member, remedy }];
}

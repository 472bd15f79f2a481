import { Token } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { ConstructError, type Finding } from "../construct-error";

/** Somebody or something that can be granted access. Grants become children of whom they are given to. */
export interface IIdentity extends IConstruct {
  /** As IAM writes it: `serviceAccount:...`, `group:...`. */
  readonly member: string;
}

const kinds = ["user", "group", "serviceAccount", "domain", "principal", "principalSet"];

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
  const [kind, name] = member.split(/:(.*)/s);
  if (kinds.includes(kind) && name) return [];
  const remedy = `name who is meant, as one of ${kinds.map((known) => `${known}:...`).join(", ")}; access for everybody is not offered`;
  return [{ property, received: member, remedy }];
}

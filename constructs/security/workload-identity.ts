import { ServiceAccount } from "@cdktf/provider-google/lib/service-account";
import { Construct } from "constructs";
import { checkName } from "../catalog/names";
import { ConstructError } from "../construct-error";
import type { IIdentity } from "./identity";

export interface WorkloadIdentityProps {
  /** Account id: the part of the e-mail address before the project. */
  readonly name: string;

  /** What the workload does, for whoever reads the project's list of accounts. */
  readonly description: string;
}

/** The service account of one workload. It can do nothing until something is granted to it. */
export class WorkloadIdentity extends Construct implements IIdentity {
  readonly email: string;
  readonly member: string;

  constructor(scope: Construct, id: string, props: WorkloadIdentityProps) {
    super(scope, id);
    const { name, description } = props;
    ConstructError.throwIfAny(this, checkName("serviceAccount", "name", name));

    const account = new ServiceAccount(this, "Resource", {
      accountId: name,
      displayName: name,
      description,
    });
    this.email = account.email;
    this.member = account.member;
  }
}

import { ProjectIamAuditConfig } from "@cdktf/provider-google/lib/project-iam-audit-config";
import { Construct } from "constructs";
import { ConstructError } from "../construct-error";

export interface AuditTrailProps {
  readonly project: string;

  /**
   * Services whose every access to data is logged, as `storage.googleapis.com`. The audit configuration of
   * a service is replaced as a whole, so state each service of a project once.
   */
  readonly services: readonly string[];

  /**
   * Members whose reads and writes are not logged, as `serviceAccount:...`.
   *
   * @default - nobody is exempt
   */
  readonly exemptedMembers?: readonly string[];
}

const logTypes = ["ADMIN_READ", "DATA_READ", "DATA_WRITE"];

/** Data-access audit logs: who read or wrote what, and who used which key. Google leaves them off. */
export class AuditTrail extends Construct {
  constructor(scope: Construct, id: string, props: AuditTrailProps) {
    super(scope, id);
    const { project, services, exemptedMembers = [] } = props;
    ConstructError.throwIfAny(
      this,
      services
        .filter((service) => !service.endsWith(".googleapis.com"))
        .map((service) => ({
          property: "services",
          received: service,
          remedy: `name the API in full, as "${service}.googleapis.com"`,
        })),
    );

    for (const service of services)
      new ProjectIamAuditConfig(this, service.replace(".googleapis.com", ""), {
        project,
        service,
        auditLogConfig: logTypes.map((logType) => ({
          logType,
          exemptedMembers: exemptedMembers.length > 0 ? [...exemptedMembers] : undefined,
        })),
      });
  }
}

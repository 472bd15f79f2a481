import { LoggingLogView } from "@cdktf/provider-google/lib/logging-log-view";
import { LoggingLogViewIamMember } from "@cdktf/provider-google/lib/logging-log-view-iam-member";
import { LoggingProjectBucketConfig } from "@cdktf/provider-google/lib/logging-project-bucket-config";
import { LoggingProjectExclusion } from "@cdktf/provider-google/lib/logging-project-exclusion";
import { LoggingProjectSink } from "@cdktf/provider-google/lib/logging-project-sink";
import { ProjectIamAuditConfig } from "@cdktf/provider-google/lib/project-iam-audit-config";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { loggingCatalog } from "../catalog/logging";
import { ConstructError } from "../construct-error";
import type { IAlertChannel } from "../observability/alert-channel";
import { LogAlert } from "../observability/log-alert";
import type { IEncryptedBucket } from "../storage/encrypted-bucket";
import { auditAlerts } from "./audit-alerts";
import { checkAuditTrail } from "./audit-trail-checks";
import type { IEncryptionKey } from "./encryption-key";
import { type IIdentity, Principal } from "./identity";
import { ServiceAgent } from "./service-agent";

/** Reads of settings, reads of data, writes of data. Writes of settings are always logged. */
export type DataAccessType = (typeof loggingCatalog.dataAccessTypes)[number];

/** What is logged of the access to one service. */
export interface AuditedService {
  /**
   * Kinds of access that are logged.
   *
   * @default - all: ADMIN_READ, DATA_READ and DATA_WRITE
   */
  readonly logTypes?: readonly DataAccessType[];

  /**
   * Who is not logged: what reads so much, and so predictably, that nobody would look at it.
   *
   * @default - nobody is exempt
   */
  readonly exempted?: readonly IIdentity[];
}

export interface AuditTrailProps {
  readonly project: string;

  /** Name of the log bucket and of its sink; what else the trail needs has it as its beginning. */
  readonly name: string;

  /**
   * Key that the log bucket is encrypted with: another one than encrypts what is audited, so that the right to use
   * that one does not open the trail. The bucket lies where its key lies, and its key cannot be changed later.
   */
  readonly key: IEncryptionKey;

  /**
   * Services whose accesses to data are logged, by the name of their API, as `storage.googleapis.com`; `allServices`
   * stands for every one. The audit configuration of a service is replaced as a whole: no other part of a project
   * may state it too.
   */
  readonly services: Readonly<Record<string, AuditedService>>;

  /**
   * Days for which the log bucket keeps its entries, 1 to 3650.
   *
   * @default 400, as long as Google itself keeps admin activity
   */
  readonly retentionDays?: number;

  /**
   * Whether nobody, Google and owners included, can shorten the retention or delete the log bucket while there is
   * an entry in it. This cannot be undone: try the trail without it first.
   *
   * @default false
   */
  readonly locked?: boolean;

  /**
   * Whether the log bucket can be queried with SQL. This cannot be undone, nor be done once the bucket is locked.
   *
   * @default false
   */
  readonly analytics?: boolean;

  /**
   * Bucket that every entry is copied to as well, in hourly batches, and kept for as long as the bucket keeps it.
   * The trail may add objects to it and neither read nor replace nor delete any.
   *
   * @default - no archive
   */
  readonly archive?: IEncryptedBucket;

  /**
   * Whether the project's `_Default` log bucket keeps the data-access logs too, without this key and at the price
   * of storing them twice.
   *
   * @default false
   */
  readonly keptInDefaultBucket?: boolean;

  /**
   * Where alerts go.
   *
   * @default - nowhere: incidents show in the console alone
   */
  readonly alertTo?: readonly IAlertChannel[];

  /**
   * Whether Terraform refuses to destroy the log bucket. A deleted one can be restored for seven days, in which its
   * name is taken.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

/**
 * Who read or wrote what, who used which key, and who changed whose access: logged, kept under a key of its own,
 * and raised as an alert where it must not go unseen.
 */
export class AuditTrail extends Construct {
  private readonly view: LoggingLogView;
  /**
   * Where the view lies, stated and not taken from the view: of that the provider shortens the bucket while it applies,
   * which Terraform refuses as another value than the one planned.
   * https://github.com/hashicorp/terraform-provider-google/issues/22390
   */
  private readonly place: { readonly parent: string; readonly location: string; readonly bucket: string };

  constructor(scope: Construct, id: string, props: AuditTrailProps) {
    super(scope, id);
    const { project, name, key, services, archive, alertTo } = props;
    const {
      retentionDays = loggingCatalog.requiredRetentionDays,
      locked = false,
      analytics = false,
      keptInDefaultBucket = false,
      deletionProtection = true,
    } = props;
    ConstructError.throwIfAny(
      this,
      checkAuditTrail({ project, name, services, retentionDays, locked, deletionProtection }),
    );

    const bucket = new LoggingProjectBucketConfig(this, "Resource", {
      project,
      bucketId: name,
      location: key.location,
      description: "Audit logs",
      cmekSettings: { kmsKeyName: key.keyIdFor(ServiceAgent.LOGGING) },
      retentionDays,
      locked,
      // Left out and false differ: the provider sends what is stated, and Google refuses to turn it off.
      enableAnalytics: analytics || undefined,
      lifecycle: { preventDestroy: deletionProtection },
    });
    this.place = { parent: `projects/${project}`, location: key.location, bucket: name };
    this.view = new LoggingLogView(this, "View", {
      name: "auditors",
      bucket: bucket.id,
      description: "What auditors read",
      filter: `SOURCE("projects/${project}")`,
    });

    // Into a log bucket of its own project a sink may write without a grant:
    // https://cloud.google.com/logging/docs/export/configure_export_v2#dest-auth
    const sink = new LoggingProjectSink(this, "Sink", {
      project,
      name,
      description: "Audit logs, to the log bucket",
      destination: `logging.googleapis.com/${bucket.id}`,
      filter: logs(Object.values(loggingCatalog.auditLogs)),
      uniqueWriterIdentity: true,
    });
    if (archive !== undefined) this.copyTo(archive, project, `${name}-archive`);
    if (!keptInDefaultBucket)
      new LoggingProjectExclusion(this, "DefaultExclusion", {
        project,
        name,
        description: `Kept in the log bucket ${name} instead`,
        filter: logs([loggingCatalog.auditLogs.dataAccess]),
        // Otherwise there would be a moment in which an entry is in neither bucket.
        dependsOn: [sink],
      });

    for (const [service, audited] of Object.entries(services)) this.audit(project, service, audited, sink);

    const alerts = new Construct(this, "Alerts");
    for (const { id, title, severity, filter, why, remedy } of auditAlerts)
      new LogAlert(alerts, id, {
        project,
        title,
        severity,
        filter,
        documentation: `${why}\n\n${remedy}\n\nAn attempt that was refused is reported too: see \`protoPayload.status\`.`,
        alertTo,
      });
  }

  /**
   * Lets an identity read the trail, and no other log of the project. Returns the grant, to wait for.
   *
   * The role is given on the trail's view. `roles/logging.privateLogViewer`, which the data-access logs would
   * otherwise take, is given on a project and opens every log in it.
   */
  grantRead(identity: IIdentity): ITerraformDependable {
    return new LoggingLogViewIamMember(identity, `Read ${this.node.path}`, {
      ...this.place,
      name: this.view.name,
      role: "roles/logging.viewAccessor",
      member: identity.member,
    });
  }

  private copyTo(archive: IEncryptedBucket, project: string, name: string): void {
    const sink = new LoggingProjectSink(this, "ArchiveSink", {
      project,
      name,
      description: "Audit logs, to the archive",
      destination: `storage.googleapis.com/${archive.bucketName}`,
      filter: logs(Object.values(loggingCatalog.auditLogs)),
      uniqueWriterIdentity: true,
    });
    archive.grantCreate(new Principal(this, "ArchiveWriter", sink.writerIdentity));
  }

  private audit(project: string, service: string, audited: AuditedService, sink: ITerraformDependable): void {
    const { logTypes = loggingCatalog.dataAccessTypes, exempted = [] } = audited;
    const exemptedMembers = exempted.length > 0 ? exempted.map(({ member }) => member) : undefined;
    new ProjectIamAuditConfig(this, service.replace(".googleapis.com", ""), {
      project,
      service,
      auditLogConfig: logTypes.map((logType) => ({ logType, exemptedMembers })),
      // What is logged before there is a sink is not in the trail.
      dependsOn: [sink],
    });
  }
}

/** These logs and no others. */
function logs(ids: readonly string[]): string {
  return ids.map((id) => `log_id("${id}")`).join(" OR ");
}

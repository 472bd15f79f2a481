import { loggingCatalog } from "../catalog/logging";
import type { AlertSeverity } from "../observability/log-alert";

/** One thing that must not happen unseen. */
export interface AuditAlert {
  /** Construct id of the alert. */
  readonly id: string;
  readonly title: string;
  readonly severity: AlertSeverity;
  readonly why: string;
  /** What whoever is notified does. */
  readonly remedy: string;
  /** Which audit log entries raise it. */
  readonly filter: string;
  /** Where the filter, or the form of the entries that it reads, is documented. */
  readonly source: string;
  /** Section of the CIS Google Cloud Platform Foundation Benchmark 3.0 that asks for it. */
  readonly cis?: string;
}

const everybody = '("allUsers" OR "allAuthenticatedUsers")';
const policyDelta = "protoPayload.serviceData.policyDelta";
const metadata = "protoPayload.metadata";

/**
 * Raised by admin activity, which Google always logs: none of them depends on the services that are audited. An
 * attempt that was refused raises them too.
 *
 * In this language OR binds more tightly than AND, hence all the parentheses; and each comparison looks at every
 * element of a list for itself, so that an entry that removes an owner and adds a viewer counts as an owner added.
 * https://cloud.google.com/logging/docs/view/logging-query-language
 */
export const auditAlerts: readonly AuditAlert[] = [
  {
    id: "key-disabled",
    title: "A key version was disabled or scheduled for destruction",
    severity: "CRITICAL",
    why: "Whatever the key encrypts can no longer be read: at once if it was disabled, for good once it is destroyed.",
    remedy:
      "Unless it was planned, restore the version with `gcloud kms keys versions restore` before its destruction is due, enable it with `gcloud kms keys versions enable`, and take the permission from whoever did it.",
    filter: activity(
      'protoPayload.serviceName="cloudkms.googleapis.com"',
      // By substring, since newer entries name the method in full. Enabling a version is the one harmless update.
      '(protoPayload.methodName:"DestroyCryptoKeyVersion" OR (protoPayload.methodName:"UpdateCryptoKeyVersion" AND NOT protoPayload.request.cryptoKeyVersion.state="ENABLED"))',
    ),
    source: "https://cloud.google.com/kms/docs/audit-logging",
  },
  {
    id: "bucket-opened",
    title: "A bucket was opened to everybody",
    severity: "CRITICAL",
    why: "Anyone on the internet, or anyone with a Google account, may now do with its objects what the role allows.",
    remedy:
      "Remove the binding, enforce public access prevention on the bucket again, and look in the data access log for who has read from it since.",
    filter: activity(
      // By whatever method: a managed folder of a bucket has a policy of its own.
      'protoPayload.serviceName="storage.googleapis.com"',
      `${policyDelta}.bindingDeltas.action="ADD"`,
      `${policyDelta}.bindingDeltas.member=${everybody}`,
    ),
    source: "https://cloud.google.com/storage/docs/audit-logging",
    cis: "2.10",
  },
  {
    id: "dataset-opened",
    title: "A BigQuery dataset was opened to everybody",
    severity: "CRITICAL",
    why: "Anyone with a Google account may now read its tables.",
    remedy:
      "Remove the entry from the dataset's access list, and look in the data access log for who has read from it since.",
    filter: activity(
      'protoPayload.serviceName="bigquery.googleapis.com"',
      // An entry tells what was added, or the access list after the change, or both.
      `(${[
        `(${metadata}.datasetChange.bindingDeltas.action="ADD" AND ${metadata}.datasetChange.bindingDeltas.member=${everybody})`,
        `${metadata}.datasetChange.dataset.acl.policy.bindings.members=${everybody}`,
        `${metadata}.datasetCreation.dataset.acl.policy.bindings.members=${everybody}`,
      ].join(" OR ")})`,
    ),
    source:
      "https://cloud.google.com/bigquery/docs/reference/auditlogs/rest/Shared.Types/BigQueryAuditMetadata",
  },
  {
    id: "owner-granted",
    title: "An owner was granted or invited",
    severity: "ERROR",
    why: "An owner can do everything in the project: grant access to all of its data, and turn these alerts off.",
    remedy:
      "Unless it was planned, remove the binding, and look in the admin activity log for what the new owner has done.",
    filter: activity(
      'protoPayload.serviceName="cloudresourcemanager.googleapis.com"',
      `((${policyDelta}.bindingDeltas.action="ADD" AND ${policyDelta}.bindingDeltas.role="roles/owner") OR "ProjectOwnership" OR "projectOwnerInvitee")`,
    ),
    source: "https://cloud.google.com/logging/docs/audit/understanding-audit-logs",
    cis: "2.4",
  },
  {
    id: "audit-config-changed",
    title: "The audit configuration was changed",
    severity: "ERROR",
    why: "Accesses that were logged may no longer be. Applying a change of the audited services raises this as well.",
    remedy:
      "Compare `protoPayload.serviceData.policyDelta.auditConfigDeltas` with what was planned, and apply the stack again to restore it.",
    filter: activity('protoPayload.methodName="SetIamPolicy"', `${policyDelta}.auditConfigDeltas:*`),
    source: "https://cloud.google.com/logging/docs/audit/configure-data-access",
    cis: "2.5",
  },
  {
    id: "log-routing-changed",
    title: "A log sink or log bucket was changed or deleted, or logs were",
    severity: "ERROR",
    why: "The trail may have ended here, or part of it may be gone.",
    remedy:
      "Apply the stack again to restore the sinks. A deleted log bucket can be restored for seven days with `gcloud logging buckets undelete`.",
    filter: activity(
      'protoPayload.serviceName="logging.googleapis.com"',
      `protoPayload.methodName:(${[
        "ConfigServiceV2.DeleteSink",
        "ConfigServiceV2.UpdateSink",
        "ConfigServiceV2.DeleteBucket",
        // UpdateBucketAsync as well.
        "ConfigServiceV2.UpdateBucket",
        "ConfigServiceV2.CreateExclusion",
        "ConfigServiceV2.UpdateExclusion",
        "LoggingServiceV2.DeleteLog",
      ]
        .map((method) => `"${method}"`)
        .join(" OR ")})`,
    ),
    source: "https://cloud.google.com/logging/docs/audit-logging",
  },
  {
    id: "service-account-key-created",
    title: "A key of a service account was created or uploaded",
    severity: "WARNING",
    why: "It is a password that never expires, works from anywhere and can be copied unseen.",
    remedy:
      "Delete the key and let the workload take its identity from where it runs: workload identity, or federation from elsewhere.",
    filter: activity(
      'protoPayload.serviceName="iam.googleapis.com"',
      'protoPayload.methodName:("CreateServiceAccountKey" OR "UploadServiceAccountKey")',
    ),
    source: "https://cloud.google.com/iam/docs/audit-logging",
  },
];

function activity(...conditions: readonly string[]): string {
  return [`log_id("${loggingCatalog.auditLogs.adminActivity}")`, ...conditions].join(" AND ");
}

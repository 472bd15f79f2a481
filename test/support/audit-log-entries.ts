import type { LogEntry } from "./logging-query";

/** An entry of an audit log and the alerts that it must raise. */
export interface AuditLogSample {
  readonly what: string;
  readonly raises: readonly string[];
  readonly entry: LogEntry;
}

interface Call {
  readonly log?: string;
  readonly service: string;
  readonly method: string;
  readonly resource?: string;
  readonly payload?: LogEntry;
}

/**
 * Entries in the form that Google documents for each service, cut to the fields that say what happened. Beside each
 * that must raise an alert stands one that differs from it as little as a harmless one can.
 */
export const auditLogSamples: readonly AuditLogSample[] = [
  sample("a key version is scheduled for destruction", ["key-disabled"], kms("DestroyCryptoKeyVersion")),
  sample(
    "the same in an entry that names the method in full",
    ["key-disabled"],
    kms("google.cloud.kms.v1.KeyManagementService.DestroyCryptoKeyVersion"),
  ),
  sample("a key version is disabled", ["key-disabled"], kms("UpdateCryptoKeyVersion", "DISABLED")),
  sample("a key version is enabled again", [], kms("UpdateCryptoKeyVersion", "ENABLED")),
  sample("a key is rotated", [], kms("UpdateCryptoKeyPrimaryVersion")),
  sample("a key version is restored", [], kms("RestoreCryptoKeyVersion")),

  sample("a bucket is opened to the internet", ["bucket-opened"], bucketIam("ADD", "allUsers")),
  sample("a bucket is opened to all accounts", ["bucket-opened"], bucketIam("ADD", "allAuthenticatedUsers")),
  sample(
    "a managed folder of a bucket is opened to the internet",
    ["bucket-opened"],
    bucketIam("ADD", "allUsers", "storage.managedFolders.setIamPolicy"),
  ),
  sample("a bucket is closed again", [], bucketIam("REMOVE", "allUsers")),
  sample("a bucket is granted to a group", [], bucketIam("ADD", "group:readers@acme.com")),
  sample(
    "a bucket's settings change",
    [],
    call({ service: "storage.googleapis.com", method: "storage.buckets.update" }),
  ),

  sample("a dataset is opened by a binding", ["dataset-opened"], datasetIam("ADD", "allUsers")),
  sample("a dataset is closed again", [], datasetIam("REMOVE", "allAuthenticatedUsers")),
  sample("a dataset is granted to a group", [], datasetIam("ADD", "group:analysts@acme.com")),
  sample(
    "a dataset's access list opens it",
    ["dataset-opened"],
    datasetAcl("DatasetService.PatchDataset", "datasetChange", [
      "group:analysts@acme.com",
      "allAuthenticatedUsers",
    ]),
  ),
  sample(
    "a dataset is created open",
    ["dataset-opened"],
    datasetAcl("DatasetService.InsertDataset", "datasetCreation", ["allUsers"]),
  ),
  sample(
    "a dataset is created closed",
    [],
    datasetAcl("DatasetService.InsertDataset", "datasetCreation", ["group:analysts@acme.com"]),
  ),

  sample("an owner is granted", ["owner-granted"], projectIam([["ADD", "roles/owner"]])),
  sample(
    "an owner is invited by e-mail",
    ["owner-granted"],
    call({ service: "cloudresourcemanager.googleapis.com", method: "InsertProjectOwnershipInvite" }),
  ),
  sample(
    "an owner is invited by a role",
    ["owner-granted"],
    projectIam([["ADD", "roles/resourcemanager.projectOwnerInvitee"]]),
  ),
  sample("an owner is removed", [], projectIam([["REMOVE", "roles/owner"]])),
  sample("a log viewer is granted", [], projectIam([["ADD", "roles/logging.viewer"]])),
  sample(
    "an owner is replaced by a viewer, which the language cannot tell from one granted",
    ["owner-granted"],
    projectIam([
      ["REMOVE", "roles/owner"],
      ["ADD", "roles/logging.viewer"],
    ]),
  ),

  sample(
    "the audit configuration is changed",
    ["audit-config-changed"],
    call({
      service: "cloudresourcemanager.googleapis.com",
      method: "SetIamPolicy",
      payload: {
        serviceData: {
          policyDelta: {
            auditConfigDeltas: [
              { action: "REMOVE", service: "storage.googleapis.com", logType: "DATA_READ" },
            ],
          },
        },
      },
    }),
  ),

  ...[
    "ConfigServiceV2.DeleteSink",
    "ConfigServiceV2.UpdateSink",
    "ConfigServiceV2.DeleteBucket",
    "ConfigServiceV2.UpdateBucket",
    "ConfigServiceV2.UpdateBucketAsync",
    "ConfigServiceV2.CreateExclusion",
    "ConfigServiceV2.UpdateExclusion",
    "LoggingServiceV2.DeleteLog",
  ].map((method) =>
    sample(`logs are routed elsewhere by ${method}`, ["log-routing-changed"], logging(method)),
  ),
  ...["ConfigServiceV2.CreateSink", "ConfigServiceV2.UpdateView", "MetricsServiceV2.DeleteLogMetric"].map(
    (method) => sample(`logs go on as before at ${method}`, [], logging(method)),
  ),

  ...["CreateServiceAccountKey", "UploadServiceAccountKey"].map((method) =>
    sample(`a service account's key comes by ${method}`, ["service-account-key-created"], iam(method)),
  ),
  sample("a service account's key is deleted", [], iam("DeleteServiceAccountKey")),
  sample("a service account is created", [], iam("CreateServiceAccount")),

  sample(
    "an object is read",
    [],
    call({ log: "data_access", service: "storage.googleapis.com", method: "storage.objects.get" }),
  ),
];

/** An entry of one of the project's logs. */
export function logEntry(log: string): LogEntry {
  return { logName: `projects/acme-ml-dev/logs/${encodeURIComponent(log)}` };
}

function sample(what: string, raises: readonly string[], entry: LogEntry): AuditLogSample {
  return { what, raises, entry };
}

function call({
  log = "activity",
  service,
  method,
  resource = "projects/acme-ml-dev",
  payload,
}: Call): LogEntry {
  return {
    ...logEntry(`cloudaudit.googleapis.com/${log}`),
    severity: "NOTICE",
    protoPayload: {
      "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
      authenticationInfo: { principalEmail: "jane@acme.com" },
      serviceName: service,
      methodName: method,
      resourceName: resource,
      status: {},
      ...payload,
    },
  };
}

function kms(method: string, state?: string): LogEntry {
  const name =
    "projects/acme-ml-dev/locations/europe-west4/keyRings/data/cryptoKeys/data/cryptoKeyVersions/1";
  const request: LogEntry =
    state === undefined ? { name } : { cryptoKeyVersion: { name, state }, updateMask: "state" };
  return call({ service: "cloudkms.googleapis.com", method, resource: name, payload: { request } });
}

function bucketIam(action: string, member: string, method = "storage.setIamPermissions"): LogEntry {
  return call({
    service: "storage.googleapis.com",
    method,
    resource: "projects/_/buckets/acme-ml-dev-models",
    payload: {
      serviceData: {
        "@type": "type.googleapis.com/google.iam.v1.logging.AuditData",
        policyDelta: { bindingDeltas: [{ action, role: "roles/storage.objectViewer", member }] },
      },
    },
  });
}

function datasetIam(action: string, member: string): LogEntry {
  return call({
    service: "bigquery.googleapis.com",
    method: "google.iam.v1.IAMPolicy.SetIamPolicy",
    resource: "projects/acme-ml-dev/datasets/features",
    payload: {
      metadata: {
        "@type": "type.googleapis.com/google.cloud.audit.BigQueryAuditMetadata",
        datasetChange: { bindingDeltas: [{ action, role: "roles/bigquery.dataViewer", member }] },
      },
    },
  });
}

function datasetAcl(
  method: string,
  event: "datasetChange" | "datasetCreation",
  members: readonly string[],
): LogEntry {
  return call({
    service: "bigquery.googleapis.com",
    method: `google.cloud.bigquery.v2.${method}`,
    resource: "projects/acme-ml-dev/datasets/features",
    payload: {
      metadata: {
        "@type": "type.googleapis.com/google.cloud.audit.BigQueryAuditMetadata",
        [event]: {
          dataset: { acl: { policy: { bindings: [{ role: "roles/bigquery.dataViewer", members }] } } },
        },
      },
    },
  });
}

function projectIam(deltas: readonly (readonly [action: string, role: string])[]): LogEntry {
  return call({
    service: "cloudresourcemanager.googleapis.com",
    method: "SetIamPolicy",
    payload: {
      serviceData: {
        "@type": "type.googleapis.com/google.iam.v1.logging.AuditData",
        policyDelta: {
          bindingDeltas: deltas.map(([action, role]) => ({ action, role, member: "user:eve@example.com" })),
        },
      },
    },
  });
}

function logging(method: string): LogEntry {
  return call({ service: "logging.googleapis.com", method: `google.logging.v2.${method}` });
}

function iam(method: string): LogEntry {
  return call({ service: "iam.googleapis.com", method: `google.iam.admin.v1.${method}` });
}

import type { TerraformStack } from "cdktf";
import {
  AlertChannel,
  AuditTrail,
  type AuditTrailProps,
  auditAlerts,
  type DataAccessType,
  EncryptedBucket,
  EncryptionKey,
  Principal,
} from "../../../constructs";
import { logEntry } from "../../support/audit-log-entries";
import { loggingQuery } from "../../support/logging-query";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";

const auditLogs = ["activity", "data_access", "system_event", "policy", "access_transparency"].map(
  (log) => `cloudaudit.googleapis.com/${log}`,
);

function trail(stack: TerraformStack, props: Partial<AuditTrailProps> = {}): AuditTrail {
  return new AuditTrail(stack, "Audit", {
    project: "some-project",
    name: "plinth-audit",
    key: new EncryptionKey(stack, "Key", { name: "plinth-audit", location: "europe-west4" }),
    services: { "cloudkms.googleapis.com": {} },
    ...props,
  });
}

function only(type: string, props: Partial<AuditTrailProps> = {}) {
  return onlyResource(
    terraformOf((stack) => trail(stack, props)),
    type,
  );
}

/** Which of all these logs a filter lets through. */
function selected(filter: unknown): string[] {
  const candidates = [...auditLogs, "run.googleapis.com/requests", "cloudaudit.googleapis.com/other"];
  return candidates.filter((log) => loggingQuery(String(filter))(logEntry(log)));
}

describe("an audit trail", () => {
  test("records every access to the data of each service, once there is a sink for it", () => {
    const terraform = terraformOf((stack) =>
      trail(stack, { services: { "cloudkms.googleapis.com": {}, "storage.googleapis.com": {} } }),
    );
    expect(resources(terraform, "google_project_iam_audit_config")).toEqual(
      ["cloudkms.googleapis.com", "storage.googleapis.com"].map((service) => ({
        project: "some-project",
        service,
        audit_log_config: [{ log_type: "ADMIN_READ" }, { log_type: "DATA_READ" }, { log_type: "DATA_WRITE" }],
        depends_on: [expect.stringMatching(/^google_logging_project_sink\.Audit_Sink_\w+$/)],
      })),
    );
  });

  test("leaves out who is exempt from one service, and the kinds of access that are not asked for", () => {
    const backup = "serviceAccount:backup@some-project.iam.gserviceaccount.com";
    const terraform = terraformOf((stack) =>
      trail(stack, {
        services: {
          "cloudkms.googleapis.com": {},
          "storage.googleapis.com": { exempted: [new Principal(stack, "Backup", backup)] },
          "bigquery.googleapis.com": { logTypes: ["DATA_WRITE"] },
        },
      }),
    );
    const audited = resources(terraform, "google_project_iam_audit_config");
    const of = (service: string) => audited.find((config) => config.service === service)?.audit_log_config;
    const all = ["ADMIN_READ", "DATA_READ", "DATA_WRITE"];
    expect(of("cloudkms.googleapis.com")).toEqual(all.map((log_type) => ({ log_type })));
    expect(of("storage.googleapis.com")).toEqual(
      all.map((log_type) => ({ log_type, exempted_members: [backup] })),
    );
    expect(of("bigquery.googleapis.com")).toEqual([{ log_type: "DATA_WRITE" }]);
  });

  test("can audit every service", () => {
    expect(only("google_project_iam_audit_config", { services: { allServices: {} } })).toMatchObject({
      service: "allServices",
    });
  });

  test("keeps its entries for 400 days in a log bucket under its own key, which waits for the grant", () => {
    expect(only("google_logging_project_bucket_config")).toEqual({
      project: "some-project",
      bucket_id: "plinth-audit",
      location: "europe-west4",
      description: "Audit logs",
      cmek_settings: {
        kms_key_name: expect.stringMatching(
          /^\$\{google_kms_crypto_key_iam_member\.Key_LoggingAgent_\w+\.crypto_key_id\}$/,
        ),
      },
      retention_days: 400,
      locked: false,
      lifecycle: { prevent_destroy: true },
    });
  });

  test("keeps them as long, as locked and as searchable as asked", () => {
    expect(
      only("google_logging_project_bucket_config", { retentionDays: 2_190, locked: true, analytics: true }),
    ).toMatchObject({
      retention_days: 2_190,
      locked: true,
      enable_analytics: true,
      lifecycle: { prevent_destroy: true },
    });
  });

  test("without protection lets its log bucket go", () => {
    expect(only("google_logging_project_bucket_config", { deletionProtection: false })).toMatchObject({
      lifecycle: { prevent_destroy: false },
    });
  });

  test("routes every audit log to the log bucket, and no other log", () => {
    const sink = only("google_logging_project_sink");
    expect(sink).toMatchObject({
      project: "some-project",
      name: "plinth-audit",
      destination: expect.stringMatching(
        /^logging\.googleapis\.com\/\$\{google_logging_project_bucket_config\.Audit_\w+\.id\}$/,
      ),
    });
    expect(selected(sink.filter)).toEqual(auditLogs);
  });

  test("keeps data access out of the default bucket, once it is kept in its own", () => {
    const exclusion = only("google_logging_project_exclusion");
    expect(exclusion).toMatchObject({
      project: "some-project",
      depends_on: [expect.stringMatching(/^google_logging_project_sink\.Audit_Sink_\w+$/)],
    });
    expect(selected(exclusion.filter)).toEqual(["cloudaudit.googleapis.com/data_access"]);
  });

  test("leaves data access in the default bucket where that is asked", () => {
    const terraform = terraformOf((stack) => trail(stack, { keptInDefaultBucket: true }));
    expect(resources(terraform, "google_logging_project_exclusion")).toEqual([]);
  });

  test("copies every entry to an archive, which its sink may add to and no more", () => {
    const terraform = terraformOf((stack) =>
      trail(stack, { archive: EncryptedBucket.fromBucketName(stack, "Archive", "acme-audit-archive") }),
    );
    const sink = resources(terraform, "google_logging_project_sink").find(
      ({ name }) => name === "plinth-audit-archive",
    );
    expect(sink).toMatchObject({
      destination: "storage.googleapis.com/acme-audit-archive",
      unique_writer_identity: true,
    });
    expect(selected(sink?.filter)).toEqual(auditLogs);
    expect(onlyResource(terraform, "google_storage_bucket_iam_member")).toEqual({
      bucket: "acme-audit-archive",
      role: "roles/storage.objectCreator",
      member: expect.stringMatching(
        /^\$\{google_logging_project_sink\.Audit_ArchiveSink_\w+\.writer_identity\}$/,
      ),
    });
  });

  test("raises each alert where it is told to", () => {
    const terraform = terraformOf((stack) =>
      trail(stack, { alertTo: [new AlertChannel(stack, "Security", { email: "security@acme.com" })] }),
    );
    const policies = resources(terraform, "google_monitoring_alert_policy");
    expect(policies).toHaveLength(auditAlerts.length);
    for (const { title, severity, filter, why, remedy } of auditAlerts)
      expect(policies.find(({ display_name }) => display_name === title)).toMatchObject({
        project: "some-project",
        severity,
        conditions: [{ condition_matched_log: { filter } }],
        documentation: { content: expect.stringContaining(`${why}\n\n${remedy}`) },
        notification_channels: [expect.stringContaining("google_monitoring_notification_channel.Security_")],
      });
  });

  test("keeps its alerts under their ids, which their addresses come from", () => {
    const { resource } = terraformOf((stack) => trail(stack));
    const addresses = Object.keys(resource?.google_monitoring_alert_policy ?? {});
    expect(addresses.map((address) => address.replace(/_[0-9A-F]{8}$/, ""))).toEqual(
      auditAlerts.map(({ id }) => `Audit_Alerts_${id}`).sort(),
    );
  });

  test("lets an auditor read it through its view, and nothing else of the project", () => {
    const terraform = terraformOf((stack) =>
      trail(stack).grantRead(new Principal(stack, "Auditors", "group:auditors@acme.com")),
    );
    expect(onlyResource(terraform, "google_logging_log_view")).toMatchObject({
      name: "auditors",
      bucket: expect.stringMatching(/^\$\{google_logging_project_bucket_config\.Audit_\w+\.id\}$/),
      filter: 'SOURCE("projects/some-project")',
    });
    expect(onlyResource(terraform, "google_logging_log_view_iam_member")).toEqual({
      parent: "projects/some-project",
      location: "europe-west4",
      bucket: "plinth-audit",
      name: expect.stringMatching(/^\$\{google_logging_log_view\.Audit_View_\w+\.name\}$/),
      role: "roles/logging.viewAccessor",
      member: "group:auditors@acme.com",
    });
    expect(resources(terraform, "google_project_iam_member")).toEqual([]);
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        trail(stack, {
          project: "Some Project",
          name: "-audit",
          services: {
            storage: {},
            "not an api": {},
            "cloudkms.googleapis.com": { logTypes: [] },
            "bigquery.googleapis.com": { logTypes: ["DATA_READS" as DataAccessType] },
          },
          retentionDays: 4_000,
          locked: true,
          deletionProtection: false,
        }),
      ),
    ).toEqual([
      { property: "project", received: "Some Project", remedy: expect.stringContaining("lower-case") },
      { property: "name", received: "-audit", remedy: expect.stringContaining("a letter or digit first") },
      {
        property: "services",
        received: "storage",
        remedy: 'name the API in full, as "storage.googleapis.com", or "allServices"',
      },
      { property: "services", received: "not an api", remedy: expect.stringContaining("allServices") },
      {
        property: 'services["cloudkms.googleapis.com"].logTypes',
        received: [],
        remedy: expect.stringContaining("leave the service out"),
      },
      {
        property: 'services["bigquery.googleapis.com"].logTypes',
        received: "DATA_READS",
        remedy: expect.stringContaining('did you mean "DATA_READ"?'),
      },
      { property: "retentionDays", received: 4_000, remedy: "use 1 to 3650 whole days" },
      {
        property: "deletionProtection",
        received: false,
        remedy: expect.stringContaining("only once it is empty"),
      },
    ]);
  });

  test("is refused without a service", () => {
    expect(findings((stack) => trail(stack, { services: {} }))).toEqual([
      { property: "services", received: {}, remedy: expect.stringContaining("storage.googleapis.com") },
    ]);
  });
});

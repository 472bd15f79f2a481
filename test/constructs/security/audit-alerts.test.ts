import { readFileSync } from "node:fs";
import { auditAlerts } from "../../../constructs";
import { auditLogSamples } from "../../support/audit-log-entries";
import { loggingQuery } from "../../support/logging-query";

describe("the audit alerts", () => {
  test.each(auditLogSamples.map((sample) => [sample.what, sample] as const))(
    "are raised by what must not go unseen, and by nothing else: %s",
    (_, { entry, raises }) => {
      const raised = auditAlerts.filter(({ filter }) => loggingQuery(filter)(entry)).map(({ id }) => id);
      expect(raised).toEqual(raises);
    },
  );

  test.each(auditAlerts.map((alert) => [alert.id, alert] as const))(
    "of %s look at admin activity alone, which is always logged",
    (id, { filter }) => {
      const sample = auditLogSamples.find(({ raises }) => raises.includes(id));
      expect(sample).toBeDefined();
      const read = {
        ...sample?.entry,
        logName: "projects/acme/logs/cloudaudit.googleapis.com%2Fdata_access",
      };
      expect(loggingQuery(filter)(read)).toBe(false);
    },
  );

  test("have an id each", () => {
    expect(new Set(auditAlerts.map(({ id }) => id)).size).toBe(auditAlerts.length);
  });

  test.each(auditAlerts.map((alert) => [alert.id, alert] as const))("list %s in the docs", (id, alert) => {
    const row = readFileSync("docs/constructs/audit.md", "utf8")
      .split("\n")
      .find((line) => line.startsWith(`| \`${id}\``));
    expect(row).toContain(alert.title);
    expect(row).toContain(alert.severity);
    expect(row).toContain(alert.source);
  });
});

import { loggingQuery } from "./logging-query";

const entry = {
  logName: "projects/acme/logs/cloudaudit.googleapis.com%2Factivity",
  method: "storage.setIamPermissions",
  deltas: [
    { action: "ADD", role: "roles/viewer" },
    { action: "REMOVE", role: "roles/owner" },
  ],
  empty: [],
  status: { message: "PERMISSION_DENIED" },
};

describe("a query of the logging language", () => {
  test.each([
    'log_id("cloudaudit.googleapis.com/activity")',
    'method="STORAGE.setiampermissions"',
    'method:"setIam"',
    'method=("storage.buckets.get" OR "storage.setIamPermissions")',
    'deltas.role="roles/owner"',
    'deltas.action="ADD" AND deltas.role="roles/owner"',
    "deltas:*",
    "status.message:*",
    '"permission_denied"',
    'NOT method="storage.buckets.get"',
    'NOT missing.field="anything"',
    'method="storage.setIamPermissions" OR method="a" AND deltas:*',
    'method="a" OR (method:"set" AND deltas.role="roles/viewer")',
  ])("selects by %s", (query) => {
    expect(loggingQuery(query)(entry)).toBe(true);
  });

  test.each([
    'log_id("cloudaudit.googleapis.com/data_access")',
    'method="setIam"',
    'method:"getIam"',
    'method=("storage.buckets.get" OR "storage.buckets.list")',
    'missing.field="anything"',
    "missing:*",
    "empty:*",
    '"granted"',
    'method="storage.setIamPermissions" OR deltas:* AND method="a"',
    'method="storage.setIamPermissions" AND NOT deltas.role="roles/owner"',
  ])("leaves out by %s", (query) => {
    expect(loggingQuery(query)(entry)).toBe(false);
  });

  test.each([
    'method=~"set.*"',
    'method!="a"',
    "method=unquoted",
    '(method="a"',
    'method="a") OR',
    "severity>=ERROR",
  ])("is not guessed at where it is out of the ordinary: %s", (query) => {
    expect(() => loggingQuery(query)).toThrow();
  });
});

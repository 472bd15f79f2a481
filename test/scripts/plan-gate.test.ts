import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "../..");
const recorded = (name: string) => join(root, "test/fixtures/plans", `${name}.json`);
const pool = "google_container_node_pool.L4_59A3E9C1";

describe("npm run plan:gate", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-gate-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  function gate(...args: string[]) {
    return spawnSync(join(root, "node_modules/.bin/tsx"), [join(root, "scripts/plan-gate.ts"), ...args], {
      cwd: folder,
      encoding: "utf8",
    });
  }

  test("stops a plan that replaces a pool, and says what forces it, for how long, and how to allow it", () => {
    const { status, stdout } = gate(recorded("driver-change"));
    expect(stdout).toBe(
      `${[
        `${pool}  google_container_node_pool  would be REPLACED (8 to 9 nodes drain, about 30 min)`,
        '  because  node_config.guest_accelerator.gpu_driver_installation_config.gpu_driver_version changes "DEFAULT" -> "LATEST"',
        `  allow it with --allow ${pool}`,
        "1 change, 1 loss, 1 not allowed",
      ].join("\n")}\n`,
    );
    expect(status).toBe(1);
  });

  test("lets it pass where it is allowed by name, and says which name allowed nothing", () => {
    const { status, stdout } = gate(recorded("spot-switch"), "--allow", pool, "--allow", "prod-platform/T4");
    expect(stdout).toContain("  allowed\n--allow prod-platform/T4 allows nothing");
    expect(status).toBe(0);
  });

  test.each(["taint-change", "no-change"])("lets %s pass", (name) => {
    const { status, stdout } = gate(recorded(name));
    expect(stdout).toContain("nothing stateful or expensive is replaced or destroyed");
    expect(status).toBe(0);
  });

  test("judges several plans at once", () => {
    const { status, stdout } = gate(recorded("no-change"), recorded("spot-switch"));
    expect(stdout).toContain("1 change, 1 loss, 1 not allowed");
    expect(status).toBe(1);
  });

  test("passes nothing that it cannot read, and says so of every file", () => {
    const files = {
      "text.json": "no JSON",
      "state.json": '{"format_version": "1.0", "values": {}}',
      "empty.json": '{"format_version": "1.0"}',
      "failed.json": '{"format_version": "1.2", "planned_values": {}, "errored": true}',
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { status, stdout, stderr } = gate(...Object.keys(files), "gone.json", recorded("no-change"));
    expect(stderr).toContain("text.json: not JSON; write it with terraform plan");
    expect(stderr).toContain("state.json: no plan of Terraform (planned_values: ");
    expect(stderr).toContain("empty.json: no plan of Terraform (planned_values: ");
    expect(stderr).toContain("failed.json: Terraform could not finish this plan");
    expect(stderr).toContain("gone.json");
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  test.each([
    ["no plan", [], "name a plan: npm run plan:gate -- PLAN.json"],
    ["an unknown option", ["--alow", "x"], "Unknown option '--alow'"],
    [
      "a stack for several plans",
      [recorded("no-change"), recorded("spot-switch"), "--stack", "x"],
      "judge these one by one",
    ],
    [
      "a name that allows a loss in several plans",
      [recorded("spot-switch"), recorded("driver-change"), "--allow", pool],
      `--allow ${pool} names a loss in several plans`,
    ],
    ["a stack that was not written", [recorded("no-change"), "--stack", "x"], "Synthesise first"],
  ])("refuses %s", (_, args, message) => {
    const { status, stderr } = gate(...args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});

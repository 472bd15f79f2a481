import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { policyReportFiles } from "../../constructs";
import { synthesise } from "../../environments/compose";
import { environmentsTable } from "../../environments/environments-table";

describe("synthesising environments", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-synth-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("writes the named ones and says what they hold and where it lies", () => {
    const outdir = join(folder, "out");
    const summaries = synthesise({ names: ["dev"], outdir });
    expect(summaries).toEqual([
      {
        name: "dev",
        project: expect.any(String),
        region: "us-central1",
        stacks: ["bootstrap", "foundation", "platform", "training", "serving"].map((part) => ({
          name: `dev-${part}`,
          resources: expect.any(Number),
          path: join(outdir, "stacks", `dev-${part}`),
        })),
        policy: { errors: 0, warnings: expect.any(Number), suppressed: expect.any(Number) },
      },
    ]);
    for (const { path, resources } of summaries[0].stacks) {
      expect(existsSync(join(path, "cdk.tf.json"))).toBe(true);
      expect(resources).toBeGreaterThan(0);
    }
    for (const report of Object.values(policyReportFiles))
      expect(existsSync(join(outdir, report))).toBe(true);
  });

  test("are shown in a table, a line each, with where the output lies", () => {
    const stack = (name: string, resources: number) => ({
      name,
      resources,
      path: `cdktf.out/stacks/${name}`,
    });
    const table = environmentsTable([
      {
        name: "dev",
        project: "acme-ml-dev",
        region: "us-central1",
        stacks: [stack("dev-foundation", 100), stack("dev-serving", 18)],
        policy: { errors: 0, warnings: 0, suppressed: 2 },
      },
      {
        name: "staging",
        project: "acme-ml-staging",
        region: "europe-west4",
        stacks: [stack("staging-serving", 1_031)],
        policy: { errors: 0, warnings: 1, suppressed: 0 },
      },
    ]);
    expect(table.split("\n")).toEqual([
      "environments             stacks  resources  policy",
      "  dev      us-central1        2        118  0 errors, 2 suppressed",
      "  staging  europe-west4       1       1031  0 errors, 1 warning",
      "  Terraform JSON in cdktf.out/stacks · report in cdktf.out/policy-report.md",
    ]);
  });
});

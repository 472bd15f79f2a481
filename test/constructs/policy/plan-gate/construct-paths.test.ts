import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constructPaths } from "../../../../constructs/policy/plan-gate/construct-paths";
import { readPlan } from "../../../../constructs/policy/plan-gate/terraform-plan";

const file = join(__dirname, "../../../fixtures/plans/driver-change.json");
const plan = readPlan(readFileSync(file, "utf8"), file);
const address = "google_container_node_pool.L4_59A3E9C1";

describe("the name of a resource", () => {
  const outdir = mkdtempSync(join(tmpdir(), "plinth-gate-"));
  afterAll(() => rmSync(outdir, { recursive: true }));
  const write = (name: string, project: string) => {
    mkdirSync(join(outdir, "stacks", name), { recursive: true });
    const metadata = { path: `${name}/L4/Resource`, uniqueId: "L4_59A3E9C1" };
    const written = {
      provider: { google: [{ project }] },
      resource: { google_container_node_pool: { L4_59A3E9C1: { "//": { metadata } } } },
    };
    writeFileSync(join(outdir, "stacks", name, "cdk.tf.json"), JSON.stringify(written));
  };
  write("prod-platform", "acme-ml-prod");
  write("dev-platform", "acme-ml-dev");

  test("is its construct's path in the stack of the plan's project", () => {
    expect(constructPaths(plan, outdir)(address)).toBe("prod-platform/L4/Resource");
  });

  test("is its path in the stack that is stated", () => {
    expect(constructPaths(plan, outdir, "dev-platform")(address)).toBe("dev-platform/L4/Resource");
  });

  test("keeps the key of one of several", () => {
    expect(constructPaths(plan, outdir)(`${address}["a"]`)).toBe('prod-platform/L4/Resource["a"]');
  });

  test("is its address where nothing was written, or what was written does not hold it", () => {
    expect(constructPaths(plan, join(outdir, "none"))(address)).toBe(address);
    expect(constructPaths(plan, outdir)("google_storage_bucket.Other")).toBe("google_storage_bucket.Other");
  });

  test("is its address where two stacks fit as well", () => {
    write("prod-copy", "acme-ml-prod");
    expect(constructPaths(plan, outdir)(address)).toBe(address);
    rmSync(join(outdir, "stacks", "prod-copy"), { recursive: true });
  });

  test("cannot be had from a stack that was not written", () => {
    expect(() => constructPaths(plan, outdir, "prod-plattform")).toThrow(
      'plan gate: stack  got "prod-plattform": did you mean "prod-platform"? Synthesise first, and name one of dev-platform, prod-platform',
    );
  });
});

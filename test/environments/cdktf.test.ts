import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "../..");

describe("the cdktf command", () => {
  const outdir = mkdtempSync(join(tmpdir(), "plinth-cdktf-"));
  afterAll(() => rmSync(outdir, { recursive: true }));

  function cdktf(args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
    return spawnSync(join(root, "node_modules/.bin/cdktf"), [...args, "--output", outdir], {
      cwd: root,
      encoding: "utf8",
      // Without it the command asks the internet for a newer version.
      env: { ...process.env, CI: "1", CHECKPOINT_DISABLE: "1", ...variables },
    });
  }

  test("synthesises the stacks of every environment, each after what it depends on", () => {
    expect(cdktf(["synth"])).toMatchObject({ status: 0 });
    const { stacks } = JSON.parse(readFileSync(join(outdir, "manifest.json"), "utf8"));
    const dependencies = Object.values<{ name: string; dependencies: string[] }>(stacks).map(
      ({ name, dependencies }) => [name, dependencies],
    );
    expect(Object.fromEntries(dependencies)).toEqual(
      Object.fromEntries(
        ["dev", "staging", "prod"].flatMap((environment) => [
          [`${environment}-bootstrap`, []],
          [`${environment}-foundation`, [`${environment}-bootstrap`]],
          [`${environment}-platform`, [`${environment}-foundation`]],
          [`${environment}-training`, [`${environment}-platform`, `${environment}-foundation`]],
          [`${environment}-serving`, [`${environment}-foundation`]],
        ]),
      ),
    );
  });

  test("shows what is wrong with an environment, and no stack trace", () => {
    const { status, stdout, stderr } = cdktf(["synth"], { GOOGLE_PROJECT_DEV: "ACME" });
    expect(status).toBe(1);
    expect(stdout + stderr).toContain('environments: dev.project  got "ACME": use 6 to 30');
    expect(stdout + stderr).not.toContain("at loadEnvironments");
  });
});

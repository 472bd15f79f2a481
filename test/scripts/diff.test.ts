import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const root = join(__dirname, "../..");

describe("npm run diff", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-diff-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs the script with a cdktf that prints what it is asked for and fails for one stack. */
  function diff(...patterns: string[]) {
    const cdktf = '#!/bin/sh\necho "$@"\n[ "$2" != prod-serving ]\n';
    writeFileSync(join(folder, "cdktf"), cdktf, { mode: 0o755 });
    const path = [folder, process.env.PATH].join(delimiter);
    return spawnSync(join(root, "node_modules/.bin/tsx"), [join(root, "scripts/diff.ts"), ...patterns], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, PATH: path, CDKTF_OUTDIR: join(folder, "out") },
    });
  }

  test("diffs every stack that matches, each after what it depends on", () => {
    const { status, stdout } = diff("dev-*");
    expect(stdout.trim().split("\n")).toEqual([
      "diff dev-bootstrap --skip-synth",
      "diff dev-foundation --skip-synth",
      "diff dev-platform --skip-synth",
      "diff dev-training --skip-synth",
      "diff dev-serving --skip-synth",
    ]);
    expect(status).toBe(0);
  });

  test("goes on after a stack that fails, and fails in the end", () => {
    const { status, stdout, stderr } = diff("prod-serving", "staging-serving");
    expect(stdout).toContain("diff staging-serving");
    expect(stderr).toContain("No diff for prod-serving");
    expect(status).toBe(1);
  });

  test.each([["prd-*"], []])("names the stacks where none matches", (...patterns) => {
    const { status, stderr } = diff(...patterns);
    expect(stderr).toContain("Stacks are dev-bootstrap, dev-foundation");
    expect(status).toBe(1);
  });
});

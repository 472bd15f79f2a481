import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "../..");

/** What another team writes, in a project of its own: the guide's example. */
const guide = readFileSync(join(root, "docs/guides/infrastructure.md"), "utf8");
const example = /```ts\n(.*?)```/s.exec(guide)?.[1] ?? "";

/** The rest of what the library exports, and how it refuses. */
const others = `
import { TerraformStack, App } from "cdktf";
import { ConstructError, EncryptionKey } from "plinth/constructs";
import { parseRuntimeConfig } from "plinth/runtime/config";

try {
  new EncryptionKey(new TerraformStack(new App(), "data"), "Wrong", { name: "a key", location: "europe-west4" });
} catch (error) {
  if (error instanceof ConstructError) console.log(error.message);
}
console.log(parseRuntimeConfig({ model: "/models/bard" }).port);
`;

describe("the packed library", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-pack-"));
  const packed: { filename: string; files: { path: string }[] } = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--silent", "--pack-destination", folder], {
      cwd: root,
      encoding: "utf8",
    }),
  )[0];
  afterAll(() => rmSync(folder, { recursive: true }));

  test("holds constructs, stacks, the plan gate, and what the runtime and a trainer are configured by, and nothing else", () => {
    const paths = packed.files.map(({ path }) => path);
    const others = paths.filter((path) => !/^dist\/(?:constructs|stacks)\//.test(path));
    const modules = others.filter((path) => /\.js$/.test(path)).map((path) => path.replace(/\.js$/, ""));
    const types = modules.map((module) => `${module}.d.ts`);
    expect(others.filter((path) => !/\.js$/.test(path)).sort()).toEqual(
      ["README.md", ...types, "package.json"].sort(),
    );
    expect(modules.filter((path) => !/\/families\//.test(path)).sort()).toEqual([
      "dist/runtime/src/abridged",
      "dist/runtime/src/config",
      "dist/runtime/src/model/checkpoint-error",
      "dist/runtime/src/model/config-reader",
      "dist/runtime/src/model/decoder-config",
      "dist/runtime/src/model/decoder-tensors",
      "dist/runtime/src/model/json-file",
      "dist/runtime/src/model/rope",
      "dist/scripts/plan-gate",
      "dist/trainer/src/checkpoint-config",
      "dist/trainer/src/exit-codes",
    ]);
    expect(paths).toContain("dist/constructs/index.js");
    expect(paths).toContain("dist/constructs/kubernetes/chart/templates/objects.yaml");
    expect(paths).toContain("dist/stacks/index.d.ts");
  });

  test("is the file that the guide installs", () => {
    expect(guide).toContain(`npm install ../plinth/${packed.filename}`);
  });

  test("installed in an empty folder, type-checks, synthesises a stack, and judges a plan", () => {
    const consumer = mkdtempSync(join(folder, "consumer-"));
    const manifest = { private: true, dependencies: { plinth: `file:${join(folder, packed.filename)}` } };
    writeFileSync(join(consumer, "package.json"), JSON.stringify(manifest));
    writeFileSync(join(consumer, "example.ts"), example);
    writeFileSync(join(consumer, "others.ts"), others);
    writeFileSync(
      join(consumer, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: { strict: true, module: "nodenext", skipLibCheck: true, types: [] },
      }),
    );
    const run = (command: string, ...args: string[]) =>
      execFileSync(command, args, { cwd: consumer, encoding: "utf8" });

    run("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--silent");
    run(join(root, "node_modules/.bin/tsc"), "--project", ".");
    run(process.execPath, "example.js");

    const terraform = JSON.parse(
      readFileSync(join(consumer, "cdktf.out/stacks/dev-assistant/cdk.tf.json"), "utf8"),
    );
    expect(Object.values(terraform.resource.google_storage_bucket)).toEqual([
      expect.objectContaining({
        name: "acme-ml-dev-assistant",
        location: "europe-west4",
        public_access_prevention: "enforced",
      }),
    ]);
    expect(Object.values(terraform.resource.google_cloud_run_v2_service_iam_member)).toEqual([
      expect.objectContaining({ role: "roles/run.invoker", member: "group:support-tools@acme.example" }),
    ]);
    expect(run(process.execPath, "others.js")).toBe(
      'data/Wrong: name  got "a key": use 1 to 63 letters, digits, hyphens and underscores\n8080\n',
    );

    const gate = spawnSync(
      join(consumer, "node_modules/.bin/plinth-plan-gate"),
      [join(root, "test/fixtures/plans/spot-switch.json")],
      { cwd: consumer, encoding: "utf8" },
    );
    expect(gate.stderr).toBe("");
    expect(gate.stdout).toContain("because  node_config.spot changes false -> true");
    expect(gate.status).toBe(1);
  }, 180_000);
});

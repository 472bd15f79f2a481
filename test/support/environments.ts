import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, type TerraformStack } from "cdktf";
import { compose } from "../../environments/compose";
import type { Environment } from "../../environments/environment";
import { loadEnvironments } from "../../environments/load";
import type { Terraform } from "./terraform";

/** The Terraform JSON of every stack, by the stack's name, without the metadata that only cdktf reads. */
export function synthesisedStacks(
  environments: readonly Environment[] = loadEnvironments(undefined, {}),
): Map<string, Terraform> {
  const outputs = synthesisedOutput((app) =>
    environments.flatMap((environment) => compose(app, environment)),
  );
  return new Map(
    [...outputs].map(([name, json]) => [
      name,
      JSON.parse(json, (key, value) => (key === "//" ? undefined : value)),
    ]),
  );
}

/** What cdktf writes for each stack of an app, by the stack's name. */
export function synthesisedOutput(build: (app: App) => TerraformStack[]): Map<string, string> {
  const outdir = mkdtempSync(join(tmpdir(), "plinth-synth-"));
  try {
    const app = new App({ outdir, stackTraces: false });
    const stacks = build(app);
    app.synth();
    return new Map(
      stacks.map(({ node: { id } }) => [id, readFileSync(join(outdir, "stacks", id, "cdk.tf.json"), "utf8")]),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

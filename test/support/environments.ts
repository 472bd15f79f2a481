import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { compose } from "../../environments/compose";
import type { Environment } from "../../environments/environment";
import { loadEnvironments } from "../../environments/load";
import type { Terraform } from "./terraform";

/** The Terraform JSON of every stack, by the stack's name, without the metadata that only cdktf reads. */
export function synthesisedStacks(
  environments: Environment[] = loadEnvironments(undefined, {}),
): Map<string, Terraform> {
  const outdir = mkdtempSync(join(tmpdir(), "plinth-synth-"));
  try {
    const app = new App({ outdir, stackTraces: false });
    const stacks = environments.flatMap((environment) => compose(app, environment));
    app.synth();
    return new Map(
      stacks.map(({ node: { id } }) => [
        id,
        JSON.parse(readFileSync(join(outdir, "stacks", id, "cdk.tf.json"), "utf8"), (key, value) =>
          key === "//" ? undefined : value,
        ),
      ]),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

import { spawnSync } from "node:child_process";
import { ConstructError } from "../constructs/construct-error";
import { synthesise } from "../environments/compose";

/**
 * `npm run diff -- 'dev-*'`: what a deployment would change. cdktf 0.21 takes patterns for deploy and destroy,
 * whereas its diff takes the exact id of one stack (github.com/hashicorp/terraform-cdk/issues/2235).
 */
function diff(patterns: readonly string[]): number {
  const names = synthesise().flatMap(({ stacks }) => stacks.map(({ name }) => name));
  const unmatched = patterns.filter((pattern) => !names.some((name) => matches(name, pattern)));
  if (patterns.length === 0 || unmatched.length > 0) {
    const fault =
      patterns.length === 0 ? "Name stacks, as 'dev-*'" : `No stack matches ${unmatched.join(", ")}`;
    console.error(`${fault}. Stacks are ${names.join(", ")}`);
    return 1;
  }
  const failed = names
    .filter((name) => patterns.some((pattern) => matches(name, pattern)))
    .filter((name) => spawnSync("cdktf", ["diff", name, "--skip-synth"], { stdio: "inherit" }).status !== 0);
  if (failed.length > 0) console.error(`No diff for ${failed.join(", ")}`);
  return failed.length > 0 ? 1 : 0;
}

/** An asterisk stands for any letters. */
function matches(name: string, pattern: string): boolean {
  const letters = pattern.split("*").map((part) => part.replace(/[^\w-]/g, "\\$&"));
  return new RegExp(`^${letters.join(".*")}$`).test(name);
}

try {
  process.exitCode = diff(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ConstructError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

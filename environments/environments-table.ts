import { dirname, join, relative } from "node:path";
import { policyReportFiles, summaryOf } from "../constructs";
import type { EnvironmentSummary } from "./compose";

/** What was synthesised, a line per environment, and where it lies. */
export function environmentsTable(environments: readonly EnvironmentSummary[]): string {
  const rows = environments.map(({ name, region, stacks, policy }) => ({
    name,
    region,
    stacks: String(stacks.length),
    resources: String(stacks.reduce((sum, { resources }) => sum + resources, 0)),
    policy: summaryOf(policy),
  }));
  const nameWidth = widest(["", ...rows.map(({ name }) => name)]);
  const regionWidth = widest(["", ...rows.map(({ region }) => region)]);
  const lines = rows.map(
    ({ name, region, stacks, resources, policy }) =>
      `  ${name.padEnd(nameWidth)}  ${region.padEnd(regionWidth)}  ${stacks.padStart(6)}  ${resources.padStart(9)}  ${policy}`,
  );
  const head = `${"environments".padEnd(nameWidth + regionWidth + 6)}stacks  resources  policy`;
  return [head, ...lines, ...whereIt(environments)].join("\n");
}

function whereIt(environments: readonly EnvironmentSummary[]): string[] {
  const path = environments[0]?.stacks[0]?.path;
  if (path === undefined) return [];
  const stacks = dirname(path);
  const page = join(dirname(stacks), policyReportFiles.page);
  return [`  Terraform JSON in ${fromHere(stacks)} · report in ${fromHere(page)}`];
}

function fromHere(path: string): string {
  return relative(process.cwd(), path);
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map(({ length }) => length));
}

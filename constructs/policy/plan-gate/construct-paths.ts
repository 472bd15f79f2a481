import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConstructError } from "../../construct-error";
import { didYouMean } from "../../suggestion";
import { projectOf, type TerraformPlan } from "./terraform-plan";

/** Names a resource by its construct's path where it is known, `prod-platform/L4/Resource`, and otherwise as Terraform does. */
export type NameOf = (address: string) => string;

interface WrittenStack {
  readonly name: string;
  readonly project: unknown;
  readonly paths: ReadonlyMap<string, string>;
}

/**
 * The construct paths of the stack that a plan is of, read from the folder that synth wrote. A plan does not name its
 * stack, and the same address stands in every environment: it is found by the project and the addresses, or stated.
 * @throws ConstructError for a stated stack that synth did not write
 */
export function constructPaths(plan: TerraformPlan, outdir: string, stackName?: string): NameOf {
  const stack = stackOf(plan, writtenStacks(outdir), stackName);
  return (address) => {
    // An address of one of several: google_x.Y["key"].
    const [base, index = ""] = /^([^[]+)(\[.*)?$/.exec(address)?.slice(1) ?? [address];
    const path = stack?.paths.get(base);
    return path === undefined ? address : `${path}${index}`;
  };
}

function stackOf(
  plan: TerraformPlan,
  stacks: readonly WrittenStack[],
  stackName?: string,
): WrittenStack | undefined {
  if (stackName !== undefined) return stackNamed(stackName, stacks);
  const project = projectOf(plan);
  const addresses = plan.resource_changes.map(({ address }) => address.replace(/\[.*$/, ""));
  const known = stacks
    .filter((stack) => project === undefined || stack.project === project)
    .map((stack) => ({ stack, found: addresses.filter((address) => stack.paths.has(address)).length }))
    .filter(({ found }) => found > 0)
    .sort((one, other) => other.found - one.found);
  // Of two that fit as well, neither is named.
  return known[0]?.found === known[1]?.found ? undefined : known[0]?.stack;
}

function stackNamed(stackName: string, stacks: readonly WrittenStack[]): WrittenStack {
  const stack = stacks.find(({ name }) => name === stackName);
  if (stack !== undefined) return stack;
  const names = stacks.map(({ name }) => name);
  const remedy = `${didYouMean(stackName, names)}Synthesise first, and name one of ${names.join(", ") || "its stacks"}`;
  throw new ConstructError("plan gate", [{ property: "stack", received: stackName, remedy }]);
}

function writtenStacks(outdir: string): WrittenStack[] {
  const folder = join(outdir, "stacks");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const file = join(folder, name, "cdk.tf.json");
    if (!existsSync(file)) return [];
    const { resource = {}, provider = {} } = JSON.parse(readFileSync(file, "utf8"));
    return [{ name, project: provider.google?.[0]?.project, paths: pathsOf(resource) }];
  });
}

type Written = Readonly<
  Record<string, { readonly "//"?: { readonly metadata?: { readonly path?: string } } }>
>;

function pathsOf(resource: Readonly<Record<string, Written>>): Map<string, string> {
  return new Map(
    Object.entries(resource).flatMap(([type, ofType]) =>
      Object.entries(ofType).flatMap(([id, written]): [string, string][] => {
        const path = written["//"]?.metadata?.path;
        return path === undefined ? [] : [[`${type}.${id}`, path]];
      }),
    ),
  );
}

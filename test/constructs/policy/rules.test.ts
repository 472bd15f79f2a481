import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Policies } from "../../../constructs";
import { keyArguments } from "../../../constructs/catalog/key-arguments";
import { packsOf, policyRules } from "../../../constructs/policy/packs";
import { stackOf } from "../../support/declared-resource";
import { ruleCases } from "./rule-cases";

const BINDINGS = "node_modules/@cdktf/provider-google/lib";

/** Rules that are never without an answer: what they object to is that a resource is there at all. */
const alwaysKnown = ["no-service-account-keys"];
/** Rules that never have one. */
const neverKnown = ["module-not-judged"];

describe("a policy rule", () => {
  test.each(ruleCases.map((ruleCase) => [ruleCase.rule, ruleCase.outcome, ruleCase.when, ruleCase] as const))(
    "%s %s: %s",
    (_, outcome, __, { rule, resources, property, packs }) => {
      const { findings } = Policies.check(stackOf(resources), { packs });
      const found = findings.filter((finding) => finding.rule === rule);
      expect([...new Set(found.map(({ cause }) => cause))]).toEqual(
        { passes: [], fails: ["violation"], "is unresolved": ["unresolved"] }[outcome],
      );
      if (outcome !== "passes") expect(found.map((finding) => finding.property)).toContain(property);
      if (outcome === "is unresolved") expect(found.every(({ level }) => level === "warning")).toBe(true);
    },
  );

  test.each(policyRules.map(({ id }) => id))("has cases of every kind: %s", (id) => {
    const outcomes = new Set(ruleCases.filter(({ rule }) => rule === id).map(({ outcome }) => outcome));
    const expected = ["passes", "fails", "is unresolved"].filter(
      (outcome) => !(alwaysKnown.includes(id) && outcome === "is unresolved"),
    );
    if (!neverKnown.includes(id)) expect([...outcomes].sort()).toEqual(expected.sort());
  });

  test.each(policyRules.map((rule) => [rule.id, rule] as const))("says what it serves: %s", (id, rule) => {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
    expect(packsOf(rule).length).toBeGreaterThan(0);
    for (const text of [rule.checks, rule.why]) expect(text).toMatch(/^[A-Z].*\.$/);
    expect(rule.remedy).not.toMatch(/\.$/);
    if (!neverKnown.includes(id)) expect(rule.controls.length).toBeGreaterThan(0);
    for (const { url } of rule.controls) expect(url).toMatch(/^https:\/\//);
  });

  test("does not fail synth for a module, and never passes it silently", () => {
    const stack = stackOf([]);
    stack.addOverride("module.landing_zone.source", "terraform-google-modules/network/google");
    expect(Policies.check(stack).findings).toMatchObject([
      { rule: "module-not-judged", level: "warning", received: "terraform-google-modules/network/google" },
    ]);
  });

  test("reads arguments that the provider's bindings know", () => {
    const named = [
      ...Object.entries(keyArguments.types).flatMap(([type, named]) =>
        named.flatMap(({ argument, within = argument, or = argument, unless = [] }) =>
          [within, argument, or, ...unless.map((exception) => exception.argument)]
            .flatMap((path) => path.split("."))
            .map((key) => [type, key]),
        ),
      ),
      ...ruleCases.flatMap(({ resources }) =>
        resources.flatMap(([type, fields]) => keysOf(fields).map((key) => [type, key])),
      ),
    ];
    const unknown = new Set(
      named
        .filter(([type, key]) => !bindingOf(type).includes(` ${key}:`))
        .map(([type, key]) => `${type} ${key}`),
    );
    expect([...unknown]).toEqual([]);
  });
});

const bindings = new Map<string, string>();

/** The source of a binding, in which every argument is rendered under its name in Terraform. */
function bindingOf(type: string): string {
  const folder = join(BINDINGS, type.replace("google_", "").replaceAll("_", "-"));
  const read = bindings.get(type) ?? (existsSync(folder) ? sourceOf(folder) : "");
  bindings.set(type, read);
  return read;
}

function sourceOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js"))
    .map((file) => readFileSync(join(folder, file), "utf8").replace(/\/\/# sourceMappingURL.*/, ""))
    .join("\n");
}

/** Names of arguments and blocks; what labels are called is up to whoever writes them. */
function keysOf(fields: unknown): string[] {
  if (Array.isArray(fields)) return fields.flatMap(keysOf);
  if (typeof fields !== "object" || fields === null) return [];
  return Object.entries(fields).flatMap(([key, value]) => {
    if (key === "lifecycle") return [];
    if (key === "labels" || key === "annotations") return [key];
    if (key === "dynamic") return [value].flat().flatMap((blocks) => Object.keys(blocks));
    return [key, ...keysOf(value)];
  });
}

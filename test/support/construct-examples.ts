import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Options, transformSync } from "@swc/core";
import { Testing } from "cdktf";
import * as constructs from "../../constructs";
import * as stacks from "../../stacks";
import type { Terraform } from "./terraform";

const pages = "docs/constructs";

function blocksOf(page: string): string[] {
  return [...readFileSync(page, "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code);
}

/** What an example may import, and what that is here. */
const modules: Readonly<Record<string, unknown>> = {
  "plinth/constructs": constructs,
  "plinth/stacks": stacks,
};

const commonJs: Options = {
  jsc: { target: "es2022", parser: { syntax: "typescript" } },
  module: { type: "commonjs" },
};

/** One `ts` block of a page: imports, and then what a stack's constructor holds. */
export class ConstructExample {
  /** All of those under docs/constructs, and the README's of what stands around an endpoint. */
  static all(): ConstructExample[] {
    const documented = readdirSync(pages)
      .filter((page) => page.endsWith(".md"))
      .sort()
      .flatMap((page) =>
        blocksOf(join(pages, page)).map((code, index, { length }) => {
          const name = page.replace(".md", "");
          return new ConstructExample(length === 1 ? name : `${name} ${index + 1}`, code);
        }),
      );
    const composed = blocksOf("README.md").filter((code) => code.includes("import * as plinth"));
    return [
      ...documented,
      ...composed.map((code, index) => new ConstructExample(`README ${index + 1}`, code)),
    ];
  }

  private constructor(
    readonly name: string,
    private readonly code: string,
  ) {}

  /** The example as a module that the compiler can check. */
  get source(): string {
    const imports = this.code.match(/^import [\s\S]*?;$/gm) ?? [];
    const body = imports.reduce((rest, statement) => rest.replace(statement, ""), this.code).trim();
    return [
      'import { PlinthStack as ExampleStack, type PlinthStackProps as ExampleProps } from "plinth/stacks";',
      'import type { Construct as ExampleScope } from "constructs";',
      ...imports,
      "export class Example extends ExampleStack {",
      "  constructor(scope: ExampleScope, id: string, props: ExampleProps) {",
      "    super(scope, id, props);",
      ...body.split("\n").map((line) => `    ${line}`),
      "  }",
      "}",
      "",
    ].join("\n");
  }

  /** The Terraform JSON of a stack that holds what the example makes. */
  synthesise(): Terraform {
    const exported: {
      Example?: new (...args: ConstructorParameters<typeof stacks.PlinthStack>) => stacks.PlinthStack;
    } = {};
    const { code } = transformSync(this.source, commonJs);
    new Function("exports", "require", code)(exported, (name: string) => {
      if (name in modules) return modules[name];
      return require(name);
    });
    if (exported.Example === undefined) throw new Error(`${this.name} defines nothing`);
    try {
      const stack = new exported.Example(Testing.app(), "dev-example", {
        environment: "dev",
        project: "acme-ml-dev",
        region: "europe-west4",
        labels: { team: "support" },
        stateBucket: "acme-ml-dev-tfstate",
      });
      return JSON.parse(Testing.synth(stack, true), (key, value) => (key === "//" ? undefined : value));
    } finally {
      // What an example adds to the catalog is not there for the next one.
      constructs.forgetExtensions();
    }
  }
}

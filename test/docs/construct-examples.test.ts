import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConstructExample } from "../support/construct-examples";

const examples = ConstructExample.all();

describe("an example of docs/constructs", () => {
  test.each(examples.map((example) => [example.name, example] as const))(
    "synthesises what was reviewed: %s",
    (_, example) => {
      expect(example.synthesise()).toMatchSnapshot();
    },
  );

  test("is there for each page, and for what stands around an endpoint", () => {
    expect(examples.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["audit 1", "keys 1", "README 1", "README 2"]),
    );
  });

  test("is what the compiler accepts, each of them", () => {
    // Inside of node_modules the packages are found, and nothing else looks there.
    mkdirSync("node_modules/.cache", { recursive: true });
    const folder = mkdtempSync("node_modules/.cache/plinth-examples-");
    try {
      for (const { name, source } of examples) writeFileSync(join(folder, `${name}.ts`), source);
      const tsconfig = {
        extends: resolve("tsconfig.json"),
        compilerOptions: {
          noUnusedLocals: false,
          types: ["node"],
          paths: { "plinth/*": [resolve("*/index.ts")] },
        },
        include: [],
        files: examples.map(({ name }) => `${name}.ts`),
      };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
      const { stdout } = spawnSync("node_modules/.bin/tsc", ["--noEmit", "--project", folder], {
        encoding: "utf8",
      });
      expect(stdout).toBe("");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

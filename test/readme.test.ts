import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { scripts } from "../package.json";
import { parseCommandLine } from "../runtime/src/cli/command-line";
import { environmentVariable, runtimeSettings } from "../runtime/src/config";
import { type RunningRuntime, startRuntime } from "./support/running-runtime";

/** Not the synchronous form: the server answers from this very process. */
const run = promisify(execFile);

const readme = readFileSync("README.md", "utf8");
const guide = readFileSync("docs/guides/infrastructure.md", "utf8");

/** The code blocks of a page in a language. */
const blocks = (page: string, language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(([, code]) => code);

/** The indented lines and the shell blocks of a page, continued ones as one. */
function commands(page: string): string[] {
  const indented = [...page.matchAll(/^ {4}(\S(?:.*\\\n)*.*)$/gm)].map(([, line]) => line);
  return [...indented, ...blocks(page, "sh").flatMap((block) => block.trim().split("\n"))];
}

/** What the map of the tree names, one entry below the other. */
function mapped(page: string): string[] {
  const [, tree = ""] = /## The tree\n\n([\s\S]*?)\n\n/.exec(page) ?? [];
  const folders: string[] = [];
  return tree.split("\n").map((line) => {
    const [, indent, name] = /^( *)(\S+)/.exec(line) ?? [];
    folders.length = (indent.length - 4) / 2;
    folders.push(name);
    return join(...folders);
  });
}

test("the README's map of the tree names what is there, and every folder of the runtime's sources", () => {
  const paths = mapped(readme);
  for (const path of paths) expect([path, existsSync(path)]).toEqual([path, true]);
  const folders = readdirSync("runtime/src", { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.length).toBeGreaterThan(5);
  for (const { name } of folders) expect(paths).toContain(`runtime/src/${name}/`);
});

describe("the README", () => {
  let server: RunningRuntime;
  beforeAll(async () => {
    server = await startRuntime();
  });
  afterAll(() => server.stop());
  const here = (code: string) => code.replaceAll("http://127.0.0.1:8080", server.url);

  test("shows curl lines that work", async () => {
    const lines = commands(readme).filter((command) => command.startsWith("curl"));
    expect(lines.length).toBeGreaterThan(5);
    for (const curl of lines) {
      const { stdout } = await run("bash", ["-c", here(curl)]);
      if (curl.includes("/v1/completions"))
        expect([curl, JSON.parse(stdout)]).toMatchObject([
          curl,
          { object: "text_completion", model: "bard" },
        ]);
      else expect([curl, stdout]).toEqual([curl, expect.stringMatching(/^\{"bottleneck"|^vllm:/)]);
    }
  });

  test("shows a client that works", async () => {
    const [client] = blocks(readme, "ts");
    // Inside the project, so that the client's package is found.
    const folder = mkdtempSync(join("node_modules", ".readme-"));
    const file = join(folder, "client.mts");
    writeFileSync(file, here(client));
    const { stdout, stderr } = await run(process.execPath, ["--import", "tsx", file]);
    rmSync(folder, { recursive: true });
    expect(stderr).toBe("");
    expect(stdout.trim()).not.toBe("");
  });
});

test("the README's construct example is part of the program that the guide's test runs", () => {
  const [, composing] = blocks(readme, "ts");
  const squeezed = (code: string) => code.replace(/\s+/g, " ").trim();
  const program = squeezed(guide);
  const endpoint = composing.indexOf("new CloudRunEndpoint");
  const resources = composing.slice(composing.indexOf("const key"), endpoint);
  expect(program).toContain(squeezed(resources));
  expect(program).toContain(squeezed(composing.slice(endpoint)));
});

test.each(["README.md", "docs/guides/serving-models.md"])(
  "%s shows commands that the runtime takes",
  (page) => {
    const called = commands(readFileSync(page, "utf8")).flatMap(
      (line) => /(?:npm run runtime --|docker run .* plinth-runtime) ([a-z].*)/.exec(line)?.[1] ?? [],
    );
    expect(called.length).toBeGreaterThan(3);
    for (const line of called)
      expect(parseCommandLine(line.split(" "))).toMatchObject({ name: line.split(" ")[0] });
  },
);

test.each([
  "README.md",
  "docs/guides/infrastructure.md",
  "docs/guides/operating.md",
  "docs/guides/serving-models.md",
  "docs/guides/training.md",
  "docs/reference/api.md",
])("%s names only scripts, files and variables that exist", (page) => {
  const text = readFileSync(page, "utf8");
  for (const [, script] of text.matchAll(/npm run ([\w:-]+)/g)) expect(scripts).toHaveProperty([script]);
  for (const [, path] of text.matchAll(/\]\(([^)#]+)/g))
    if (!path.startsWith("http")) expect([path, existsSync(join(dirname(page), path))]).toEqual([path, true]);
  const variables = runtimeSettings.map(environmentVariable);
  for (const [variable] of text.matchAll(/PLINTH_[A-Z_]+/g)) expect(variables).toContain(variable);
});

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { scripts } from "../package.json";
import { type RunningRuntime, startRuntime } from "./support/running-runtime";

/** Not the synchronous form: the server answers from this very process. */
const run = promisify(execFile);

const readme = readFileSync("README.md", "utf8");
const guide = readFileSync("docs/guides/infrastructure.md", "utf8");

/** The code blocks of a page in a language. */
const blocks = (page: string, language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(([, code]) => code);

describe("the README", () => {
  let server: RunningRuntime;
  beforeAll(async () => {
    server = await startRuntime();
  });
  afterAll(() => server.stop());
  const here = (code: string) => code.replaceAll("http://127.0.0.1:8080", server.url);

  test("shows a curl line that works", async () => {
    const [curl] = /curl -s [\s\S]*?\}'/.exec(readme) ?? [];
    const { stdout } = await run("bash", ["-c", here(curl ?? "")]);
    expect(JSON.parse(stdout)).toMatchObject({ object: "text_completion", model: "bard" });
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

test.each([
  "README.md",
  "docs/guides/infrastructure.md",
  "docs/guides/operating.md",
  "docs/guides/serving-models.md",
  "docs/reference/api.md",
])("%s names only scripts and files that exist", (page) => {
  const text = readFileSync(page, "utf8");
  for (const [, script] of text.matchAll(/npm run ([\w:-]+)/g)) expect(scripts).toHaveProperty([script]);
  for (const [, path] of text.matchAll(/\]\(([^)#]+)/g))
    if (!path.startsWith("http")) expect([path, existsSync(join(dirname(page), path))]).toEqual([path, true]);
});

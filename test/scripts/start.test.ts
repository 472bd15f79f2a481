import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { llama } from "../support/checkpoints";
import { type ChildServer, printed, startChild } from "../support/child-server";
import { removeTemporaryDirectories, temporaryDirectory } from "../support/temporary-directory";

/** `npm start -- ...` as a user types it. */
const npmStart = (args: readonly string[], env: Record<string, string> = {}, cwd = process.cwd()) =>
  startChild(["npm", "start", "--silent", "--", ...args], {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
  });

/** Ctrl-C reaches every process of the terminal's foreground group. */
const ctrlC = (server: ChildServer) => process.kill(-(server.process.pid as number), "SIGINT");

describe("npm start", () => {
  test("lists every environment with its policy, then serves, and prints a curl line that works when pasted", async () => {
    const server = npmStart(["--port", "0"]);
    const [, curl] = await printed(server, /\n\s*(curl -s [\s\S]*?\}')\n/);
    for (const environment of ["dev", "staging", "prod"])
      expect(server.output()).toMatch(new RegExp(`  ${environment} +[a-z0-9-]+ +5 +\\d+ +0 errors`));
    expect(server.output()).toContain(
      "Terraform JSON in cdktf.out/stacks · report in cdktf.out/policy-report.md\n",
    );
    expect(server.output()).toContain("bard, 2.6 M parameters, context 512\n");
    expect(server.output()).toMatch(/weights {2}bf16, computed in float32, [\d.]+ MiB read by a step\n/);
    expect(server.output()).toMatch(/cache {4}[\d,]+ blocks of 16 tokens, \d+ MiB\n/);

    const pasted = spawnSync("bash", ["-c", curl], { encoding: "utf8" });
    expect(JSON.parse(pasted.stdout)).toMatchObject({ object: "text_completion", choices: [{ index: 0 }] });

    ctrlC(server);
    expect(await server.exit).toBe(0);
  });

  test("serves another model on Ctrl-C's terms: what runs is finished first", async () => {
    const server = npmStart(["--port", "0", "--env", "dev", "--model", llama.directory]);
    const [, url] = await printed(server, /curl -s (\S+)\/v1/);
    expect(server.output()).not.toMatch(/staging|prod/);
    const { prompt } = llama.cases[0];
    const response = await fetch(`${url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "llama", prompt, max_tokens: 400, ignore_eos: true, stream: true }),
    });
    ctrlC(server);
    expect(await response.text()).toContain('"finish_reason":"length"');
    expect(await server.exit).toBe(0);
  });

  test("says in one line that the port is taken", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const { port } = holder.address() as { port: number };
    const server = npmStart(["--env", "dev", "--port", String(port)]);
    expect(await server.exit).toBe(1);
    expect(lastLine(server)).toBe(`port ${port} of 127.0.0.1 is taken: choose another one`);
    holder.close();
  });

  test.each([
    [["--model", "nowhere"], /^no such directory: .*nowhere$/],
    [["--env", "prd"], /"prd": did you mean "prod"\? Known are dev, staging, prod$/],
    [["--port", "99999"], /^PLINTH_PORT: must be a whole number from 0 to 65535, got 99999$/],
    [["--port", "-1"], /^Option '--port' argument is ambiguous\. .* See npm start -- --help$/],
    [["--prot", "8080"], /^Unknown option '--prot'.* See npm start -- --help$/],
  ])("says in one line what is wrong with %j", async (args, line) => {
    const server = npmStart(args);
    expect(await server.exit).toBe(1);
    expect(server.output().trim().split("\n")).toHaveLength(1);
    expect(lastLine(server)).toMatch(line);
  });

  test("says in one line what is wrong with a variable, and takes an empty one as unset", async () => {
    const server = npmStart(["--env", "dev", "--port", "0"], { PLINTH_LOG_LEVEL: "loud" });
    expect(await server.exit).toBe(1);
    expect(server.output()).toMatch(/^PLINTH_LOG_LEVEL: must be one of fatal, .*, got "loud"\n$/);
    const quiet = npmStart(["--env", "dev", "--port", "0"], { PLINTH_LOG_LEVEL: "" });
    await printed(quiet, /curl -s/);
    ctrlC(quiet);
    expect(await quiet.exit).toBe(0);
  });

  test("says how weights are computed with that are converted on the fly", async () => {
    const cache = temporaryDirectory();
    const server = npmStart(["--env", "dev", "--port", "0"], {
      PLINTH_WEIGHTS: "int8",
      PLINTH_WEIGHTS_CACHE_DIRECTORY: cache,
    });
    await printed(
      server,
      /weights {2}int8, multiplied in int8, all else in float32, 3\.\d MiB read by a step\n/,
    );
    ctrlC(server);
    expect(await server.exit).toBe(0);
    removeTemporaryDirectories();
  });

  test("takes model and port from variables where no option states them", async () => {
    const env = { PLINTH_MODEL: llama.directory, PLINTH_PORT: "0" };
    const server = npmStart(["--env", "dev"], env);
    await printed(server, /model {4}llama/);
    expect(server.output()).not.toContain(":8080");
    ctrlC(server);
    expect(await server.exit).toBe(0);
  });

  test("finds a model from the folder in which it is called", async () => {
    const server = npmStart(
      ["--env", "dev", "--port", "0", "--model", "bard"],
      {},
      join(process.cwd(), "models"),
    );
    await printed(server, /model {4}bard/);
    ctrlC(server);
    expect(await server.exit).toBe(0);
  });

  test("explains itself", async () => {
    const server = npmStart(["--help"]);
    expect(await server.exit).toBe(0);
    for (const option of ["--env NAME", "--model DIR", "--port N"]) expect(server.output()).toContain(option);
  });
});

function lastLine(server: ChildServer): string | undefined {
  return server.output().trim().split("\n").at(-1);
}

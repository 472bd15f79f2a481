import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { convertCheckpoint } from "../../../runtime/src/artifacts/convert";
import { noProgress } from "../../../runtime/src/artifacts/progress";
import { bard } from "../../support/checkpoints";
import { printed, startChild } from "../../support/child-server";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";
import { tinyCheckpoint, tinyConfig, tinyTensors } from "../../support/tiny-checkpoint";

const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  startChild([process.execPath, "--import", "tsx", "runtime/src/main.ts", ...args], {
    cwd: process.cwd(),
    env: { ...process.env, PLINTH_PORT: "0", PLINTH_HOST: "127.0.0.1", ...env },
  });

async function run(...args: readonly string[]) {
  const child = start(args);
  const code = await child.exit;
  return { code, output: child.output() };
}

afterEach(removeTemporaryDirectories);

const TEXT = "test/fixtures/texts/shakespeare.txt";

test("a checkpoint is converted, verified, compared and served", async () => {
  const out = join(temporaryDirectory(), "bard-int8");

  const converted = await run("convert", bard.directory, out, "--weights", "int8");
  expect(converted).toMatchObject({ code: 0 });
  expect(converted.output).toContain("converting to int8 100%\n");
  expect(converted.output).toContain(`${out}: 2.6 M parameters as int8, 3.0 MiB in 6 files`);

  const verified = await run("verify", out);
  expect(verified).toMatchObject({ code: 0 });
  expect(verified.output).toContain("int8, 6 files, 3.0 MiB, all as the manifest has them");

  const compared = await run("evaluate", bard.directory, out, "--text", TEXT, "--window", "256", "--json");
  expect(compared.code).toBe(0);
  const { models, difference } = JSON.parse(compared.output.slice(compared.output.indexOf("{")));
  expect(models.map(({ model }: { model: string }) => model)).toEqual([bard.directory, out]);
  expect(difference.sameTokens).toBe(true);
  expect(Math.abs(difference.perplexityPercent)).toBeLessThan(0.5);
  expect(difference.perplexityPercent).toBeCloseTo(
    (models[1].perplexity / models[0].perplexity - 1) * 100,
    9,
  );

  const served = start([], { PLINTH_MODEL: out });
  const [, url] = await printed(served, /"address":"(http:[^"]+)".*"serving"/);
  const response = await fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "bard-int8", prompt: "ROMEO:\n", max_tokens: 8, temperature: 0 }),
  });
  expect(await response.json()).toMatchObject({ model: "bard-int8", usage: { completion_tokens: 8 } });
  served.process.kill("SIGTERM");
  expect(await served.exit).toBe(0);
});

test("a plain checkpoint is served in int4 from a cache, and again from the same", async () => {
  const cache = join(temporaryDirectory(), "cache");
  const settings = {
    PLINTH_MODEL: bard.directory,
    PLINTH_WEIGHTS: "int4",
    PLINTH_WEIGHTS_CACHE_DIRECTORY: cache,
  };
  for (const _ of [1, 2]) {
    const served = start(["serve"], settings);
    await printed(served, /"serving"/);
    served.process.kill("SIGTERM");
    expect(await served.exit).toBe(0);
    expect(readdirSync(cache)).toEqual([expect.stringMatching(/^int4-[0-9a-f]{32}$/)]);
  }
});

test("a conversion that is told to stop exits 1 and leaves nothing", async () => {
  const config = { ...tinyConfig, vocab_size: 400_000, hidden_size: 256 };
  const source = tinyCheckpoint(tinyTensors(config), { "config.json": config });
  const folder = temporaryDirectory();
  const child = start(["convert", source, join(folder, "out"), "--weights", "int4"]);
  await printed(child, /converting to int4 [1-9]/);
  child.process.kill("SIGTERM");
  expect(await child.exit).toBe(1);
  expect(child.output()).toContain("stopped by SIGTERM");
  expect(readdirSync(folder)).toEqual([]);
});

test("what is wrong is said in a line each, without a stack, and the exit code is 1", async () => {
  const out = join(temporaryDirectory(), "out");
  const usage = await run("convert", bard.directory, "--weights", "int3");
  expect(usage).toEqual({
    code: 1,
    output:
      "convert takes 2 directories, got 1\n--weights must be one of fp32, fp16, int8, w8a8, int4, got int3\nSee plinth-runtime --help\n",
  });
  const missing = await run("convert", "no-such-directory", out, "--weights", "int8");
  expect(missing).toEqual({
    code: 1,
    output: `no such directory: ${join(process.cwd(), "no-such-directory")}\n`,
  });
  expect(existsSync(out)).toBe(false);
});

test("what the system refuses is said without a stack", async () => {
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, "");
  const { code, output } = await run("convert", bard.directory, join(file, "out"), "--weights", "int8");
  expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(/^ENOTDIR: .*\n$/) });
});

test("perplexity is measured on text, and compared between models that read it in the same tokens", async () => {
  const folder = temporaryDirectory();
  const file = join(folder, "file");
  writeFileSync(file, Uint8Array.of(0x61, 0xff, 0x62));
  expect(await run("evaluate", bard.directory, "--text", file)).toEqual({
    code: 1,
    output: `--text ${file} is no UTF-8: name a file of text\nSee plinth-runtime --help\n`,
  });

  // As many tokens, but other ones: two of them have each other's places.
  const other = join(folder, "other");
  cpSync(bard.directory, other, { recursive: true });
  const tokenizer = JSON.parse(readFileSync(join(other, "tokenizer.json"), "utf8"));
  const { vocab } = tokenizer.model;
  [vocab.a, vocab.b] = [vocab.b, vocab.a];
  writeFileSync(join(other, "tokenizer.json"), JSON.stringify(tokenizer));
  writeFileSync(file, "a b a b");
  const compared = await run("evaluate", bard.directory, other, "--text", file, "--json");
  const { models, difference } = JSON.parse(compared.output.slice(compared.output.indexOf("{")));
  expect(models[1].tokens).toBe(models[0].tokens);
  expect(difference.sameTokens).toBe(false);
});

test("verify names the file that is damaged and exits 1", async () => {
  const out = join(temporaryDirectory(), "artifact");
  await convertCheckpoint(tinyCheckpoint(), out, { weights: "fp32", progress: noProgress });
  const weights = readFileSync(join(out, "model.safetensors"));
  weights[weights.length - 1] ^= 1;
  writeFileSync(join(out, "model.safetensors"), weights);
  const { code, output } = await run("verify", out);
  expect(code).toBe(1);
  expect(output).toMatch(
    /\nmodel\.safetensors has SHA-256 [0-9a-f]{64}, plinth\.json has [0-9a-f]{64}: copy/,
  );
});

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EnginePlan } from "../../../runtime/src/engine/engine-plan";
import { StepTrace, traceLine } from "../../../runtime/src/engine/step-trace";
import { startRuntime } from "../../support/running-runtime";
import { quietStep } from "../../support/step-reports";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

afterEach(removeTemporaryDirectories);

const plan = { blocks: 10 } as EnginePlan;

function lines(file: string): Record<string, number>[] {
  const text = readFileSync(file, "utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("a server writes a line for every step, with what it computed, held and took", async () => {
  const stepTraceFile = join(temporaryDirectory(), "steps.jsonl");
  const server = await startRuntime({
    stepTraceFile,
    maxBatchedTokens: 64,
    prefillChunkTokens: 16,
    speculativeTokens: 0,
  });
  const complete = (token: number) =>
    server.post("/v1/completions", {
      prompt: Array(40).fill(token),
      max_tokens: 6,
      ignore_eos: true,
      temperature: 0,
    });
  await Promise.all([complete(5), complete(6)]);
  await server.stop();
  const steps = lines(stepTraceFile);
  const sum = (field: string) => steps.reduce((total, each) => total + each[field], 0);
  expect(steps.map(({ step }) => step)).toEqual(steps.map((_, index) => index + 1));
  expect(sum("tokens")).toBe(2 * (40 + 5));
  expect(sum("prefillTokens") + sum("decodeTokens")).toBe(sum("tokens"));
  expect(sum("failed") + sum("dropped") + sum("preempted")).toBe(0);
  for (const each of steps) {
    expect(each.usedBlocks + each.freeBlocks).toBe(server.runtime.plan.blocks);
    expect(each.runMs).toBeGreaterThan(0);
    expect(each.outsideMs).toBeGreaterThan(0);
  }
  expect(steps[steps.length - 1]).toMatchObject({ running: 0, waiting: 0, usedBlocks: 0 });
});

test("a second run appends to the file", async () => {
  const file = join(temporaryDirectory(), "steps.jsonl");
  for (let run = 0; run < 2; run++) {
    const trace = await StepTrace.open(file, plan, () => {});
    trace.stepped({ ...quietStep, step: run });
    await trace.close();
  }
  expect(lines(file).map(({ step }) => step)).toEqual([0, 1]);
});

test("a trace that cannot be opened is refused by the setting's name before the server listens", async () => {
  const stepTraceFile = join(temporaryDirectory(), "missing", "steps.jsonl");
  await expect(startRuntime({ stepTraceFile })).rejects.toThrow(
    /PLINTH_STEP_TRACE_FILE: must be a file that can be appended to \(ENOENT.*\), got ".*steps.jsonl"/,
  );
});

test("a disk that fails ends the trace and not the server", async () => {
  const failures: Error[] = [];
  const trace = await StepTrace.open("/dev/full", plan, (cause) => failures.push(cause));
  trace.stepped(quietStep);
  while (failures.length === 0) await new Promise(setImmediate);
  trace.stepped(quietStep);
  await trace.close();
  expect(failures).toEqual([expect.objectContaining({ code: "ENOSPC" })]);
});

test("a standard output that nobody reads any more ends the trace and not the server", () => {
  const script = `
    const { StepTrace } = require("./runtime/src/engine/step-trace");
    const step = { outputs: [], stats: {}, runSeconds: 0, outsideSeconds: 0 };
    let left = 10;
    void StepTrace.open("-", { blocks: 1 }, ({ code }) => { console.error(code); left--; }).then((trace) => {
      const timer = setInterval(() => {
        trace.stepped(step);
        if (left < 10 && left-- === 0) { clearInterval(timer); console.error("still here"); }
      }, 1);
    });`;
  const node = `"${process.execPath}" --require tsx/cjs -e '${script}'`;
  const { stderr } = spawnSync("sh", ["-c", `${node} | true`], { encoding: "utf8" });
  expect(stderr).toBe("EPIPE\nstill here\n");
});

test("a disk that is slow costs lines and never memory without bound, and the next line says how many", async () => {
  const file = join(temporaryDirectory(), "steps.jsonl");
  const trace = await StepTrace.open(file, plan, () => {});
  // Nothing is written before this turn of the event loop ends.
  let step = 0;
  while (step < 5_000) trace.stepped({ ...quietStep, step: ++step });
  while (!/"dropped":[1-9]/.test(readFileSync(file, "utf8"))) {
    trace.stepped({ ...quietStep, step: ++step });
    await new Promise(setImmediate);
  }
  await trace.close();
  const written = lines(file);
  expect(written.length).toBeLessThan(5_000);
  expect(written.reduce((sum, { dropped }) => sum + dropped, written.length)).toBe(step);
});

test("docs/reference/step-trace.md names the fields of a line, in their order", () => {
  const page = readFileSync("docs/reference/step-trace.md", "utf8");
  const documented = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, field]) => field);
  expect(documented).toEqual(Object.keys(traceLine(quietStep, plan, 0)));
});

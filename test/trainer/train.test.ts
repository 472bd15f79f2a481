import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CheckpointStore } from "../../trainer/src/checkpoint-store";
import { type JobConfig, jobConfigFromEnvironment } from "../../trainer/src/config";
import type { Files } from "../../trainer/src/files";
import { Preemption } from "../../trainer/src/preemption";
import { train } from "../../trainer/src/train";
import { TrainingRun } from "../../trainer/src/training-run";
import { noSpaceLeft, watchedFiles } from "../support/faulty-files";
import { type LogLine, notedLog } from "../support/noted-log";
import { removeTemporaryDirectories, temporaryDirectory } from "../support/temporary-directory";

afterEach(removeTemporaryDirectories);

const TINY = {
  TRAINER_STEPS: "120",
  TRAINER_HIDDEN_SIZE: "8",
  TRAINER_EMBEDDING_SIZE: "4",
  TRAINER_CONTEXT_LENGTH: "3",
  TRAINER_BATCH_SIZE: "4",
  TRAINER_CHECKPOINT_STEPS: "30",
};

type Outcome = Readonly<{ end: string; lines: readonly LogLine[]; run: TrainingRun }>;

/** Starts the job in a folder, as a process would. */
async function start(
  folder: string,
  env: Record<string, string> = {},
  { disk, preemption }: { disk?: Files; preemption?: Preemption } = {},
): Promise<Outcome> {
  const config: JobConfig = jobConfigFromEnvironment({ CHECKPOINT_URI: folder, ...TINY, ...env });
  const { log, lines } = notedLog();
  const run = new TrainingRun(config.trainer);
  const { keepLast } = config.checkpoint;
  const store = await CheckpointStore.open({ folder, keepLast, configuration: run.configuration, log, disk });
  const job = { config, run, store, log, preemption: preemption ?? new Preemption(25) };
  return { end: await train(job), lines, run };
}

/** A preemption that comes when a checkpoint of a step has been begun. */
function preemptedAt(step: number, graceSeconds = 25): { disk: Files; preemption: Preemption } {
  const preemption = new Preemption(graceSeconds);
  const { files } = watchedFiles(({ name, path }) => {
    if (name === "makeFolder" && path.endsWith(`step-${String(step).padStart(9, "0")}`))
      preemption.request("SIGTERM");
    return undefined;
  });
  return { disk: files, preemption };
}

/** The claim of the run that has the folder. */
const OWNER = expect.stringMatching(/^owner-/);
const messages = ({ lines }: Outcome) => lines.map(({ msg }) => msg);
const stateOf = (folder: string, step: number) =>
  ["state.safetensors", "progress.json"].map((file) =>
    readFileSync(join(folder, `step-${String(step).padStart(9, "0")}`, file)),
  );

describe("a training", () => {
  test("learns: its loss falls from that of guessing to well below", async () => {
    const { run } = await start(join(temporaryDirectory(), "run"), {
      TRAINER_STEPS: "300",
      TRAINER_HIDDEN_SIZE: "50",
      TRAINER_LEARNING_RATE: "0.01",
      TRAINER_BATCH_SIZE: "32",
    });
    expect(run.history[0].loss).toBeGreaterThan(2.6);
    expect(run.history.at(-1)?.loss).toBeLessThan(2.5);
    expect(run.history.map(({ step }) => step)).toEqual([50, 100, 150, 200, 250, 300]);
  });

  test("gives the same bits for the same configuration, and others for another seed", async () => {
    const folders = ["a", "b", "c"].map((name) => join(temporaryDirectory(), name));
    await start(folders[0]);
    await start(folders[1]);
    await start(folders[2], { TRAINER_SEED: "2" });
    expect(stateOf(folders[1], 120)).toEqual(stateOf(folders[0], 120));
    expect(stateOf(folders[2], 120)).not.toEqual(stateOf(folders[0], 120));
  });

  test("leaves a model that others can read, with how it came about", async () => {
    const folder = join(temporaryDirectory(), "run");
    const { run } = await start(folder);
    const summary = JSON.parse(readFileSync(join(folder, "final", "summary.json"), "utf8"));
    expect(summary).toMatchObject({
      steps: 120,
      seed: 1,
      hiddenSize: 8,
      bestLoss: run.bestLoss,
      history: run.history,
    });
    expect(summary.sample).toHaveLength(280);
    const model = readFileSync(join(folder, "final", "model.safetensors"));
    const header = JSON.parse(model.toString("utf8", 8, 8 + Number(model.readBigUInt64LE(0))));
    expect(header.embedding).toMatchObject({ dtype: "F32", shape: [summary.vocabulary.length, 4] });
  });

  test("that has finished does nothing when it is started again, and goes on where more steps are asked for", async () => {
    const folder = join(temporaryDirectory(), "run");
    await start(folder);
    const again = await start(folder);
    expect([again.end, messages(again)]).toEqual(["finished", ["finished before; nothing to do"]]);
    const longer = await start(folder, { TRAINER_STEPS: "150" });
    expect(longer.lines[0]).toMatchObject({ msg: "resumed", step: 120 });
    const straight = join(temporaryDirectory(), "straight");
    await start(straight, { TRAINER_STEPS: "150" });
    expect(stateOf(folder, 150)).toEqual(stateOf(straight, 150));
    expect(readFileSync(join(folder, "final", "summary.json"))).toEqual(
      readFileSync(join(straight, "final", "summary.json")),
    );
  });
});

describe("a preempted training", () => {
  test("finishes its step, writes a checkpoint, and goes on from there", async () => {
    const folder = join(temporaryDirectory(), "run");
    const preemption = new Preemption(25);
    const running = start(folder, {}, { preemption });
    setTimeout(() => preemption.request("SIGTERM"), 20);
    const first = await running;
    if (first.end === "finished") throw new Error("the training was over before its preemption");
    expect(first.lines.at(-1)).toMatchObject({
      msg: "preempted; started again, it resumes",
      signal: "SIGTERM",
    });
    const second = await start(folder);
    expect(second.end).toBe("finished");
    expect(second.run.step).toBe(120);
    const straight = join(temporaryDirectory(), "straight");
    await start(straight);
    expect(stateOf(folder, 120)).toEqual(stateOf(straight, 120));
  });

  test("writes no second checkpoint of a step that was being saved", async () => {
    const folder = join(temporaryDirectory(), "run");
    const outcome = await start(folder, {}, preemptedAt(60));
    expect(outcome.end).toBe("preempted");
    expect(outcome.lines.filter(({ msg, step }) => msg === "checkpoint written" && step === 60)).toHaveLength(
      1,
    );
    expect(readdirSync(folder)).toEqual([OWNER, "step-000000030", "step-000000060"]);
  });

  test("that could not write in time leaves the last checkpoint as it stands", async () => {
    const folder = join(temporaryDirectory(), "run");
    let nowMs = 0;
    const preemption = new Preemption(10, () => nowMs);
    const { files } = watchedFiles(({ name, path }) => {
      if (name === "rename" && path.endsWith("step-000000060")) {
        preemption.request("SIGTERM");
        nowMs = 10_000;
        return noSpaceLeft();
      }
      return undefined;
    });
    const outcome = await start(folder, {}, { disk: files, preemption });
    expect(outcome.end).toBe("preempted");
    expect(messages(outcome).slice(-2)).toEqual([
      "no time for a checkpoint; the last one stands",
      "preempted; started again, it resumes",
    ]);
    expect(readdirSync(folder)).toEqual([OWNER, "step-000000030"]);
  });

  test("before its first step changes nothing", async () => {
    const folder = join(temporaryDirectory(), "run");
    const preemption = new Preemption(25);
    preemption.request("SIGINT");
    expect((await start(folder, {}, { preemption })).end).toBe("preempted");
    expect(readdirSync(folder)).toEqual([OWNER]);
  });
});

describe("a checkpoint that cannot be written", () => {
  const failing = (times: number) => {
    let left = times;
    return watchedFiles(({ name, path }) =>
      name === "write" && path.endsWith("state.safetensors") && left-- > 0 ? noSpaceLeft() : undefined,
    ).files;
  };

  test("is an error in the log, and the training goes on to the next one", async () => {
    const folder = join(temporaryDirectory(), "run");
    const outcome = await start(folder, {}, { disk: failing(2) });
    expect(outcome.end).toBe("finished");
    expect(outcome.lines.filter(({ level }) => level === 50)).toMatchObject([
      { step: 30, failedInRow: 1, err: { code: "ENOSPC" } },
      { step: 60, failedInRow: 2 },
    ]);
    expect(readdirSync(folder)).toEqual(["final", OWNER, "step-000000090", "step-000000120"]);
  });

  test("for the third time in a row ends the process, since more work would be lost", async () => {
    const folder = join(temporaryDirectory(), "run");
    await expect(start(folder, {}, { disk: failing(3) })).rejects.toMatchObject({
      code: "checkpoint_not_written",
      exitCode: 1,
    });
    expect((await start(folder)).end).toBe("finished");
  });

  test("of the last step is tried again before the run counts as finished", async () => {
    const folder = join(temporaryDirectory(), "run");
    const outcome = await start(folder, { TRAINER_STEPS: "20" }, { disk: failing(1) });
    expect(messages(outcome)).toEqual([
      "started",
      "checkpoint not written; the last one stands",
      "checkpoint written",
      "finished",
    ]);
  });
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../../trainer/src/random";
import { type ChildServer, printed, startChild } from "../support/child-server";
import { removeTemporaryDirectories, temporaryDirectory } from "../support/temporary-directory";

/** Random moments; a failure names it. */
const SEED = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 1_000_000));
const KILLS = 10;
const TERMINATIONS = 3;
/** More follow until one has hit each phase. */
const KILLS_MAX = 40;

const CHECKPOINT_STEPS = 25;
/** Farther than any of the runs that are stopped gets, however fast the machine is. */
const STEPS_UNREACHED = 999_999_999;
const ENVIRONMENT = {
  PATH: process.env.PATH,
  TRAINER_CHECKPOINT_STEPS: String(CHECKPOINT_STEPS),
  TRAINER_BATCH_SIZE: "8",
  TRAINER_HIDDEN_SIZE: "48",
  CHECKPOINT_KEEP_LAST: "3",
};
/** Longest time from a run's first step to its stop. */
const DELAY_MS_MAX = 300;

afterAll(removeTemporaryDirectories);

function startTrainer(folder: string, steps: number): ChildServer {
  return startChild([process.execPath, "--import", "tsx", "trainer/src/main.ts"], {
    cwd: process.cwd(),
    env: {
      ...ENVIRONMENT,
      TRAINER_STEPS: String(steps),
      CHECKPOINT_URI: `file://${join(folder, "run")}`,
      CHECKPOINT_SUPERSEDED_URI: `file://${join(folder, "superseded")}`,
    },
  });
}

function namesIn(folder: string): string[] {
  const run = join(folder, "run");
  return existsSync(run) ? readdirSync(run) : [];
}

/** Whether a generation is being written, or was when the process died. */
const isWriting = (folder: string) => namesIn(folder).some((name) => /^partial-.*step-\d+$/.test(name));

/** The step of the newest generation, as anyone can see it; 0 where there is none. */
function newestStep(folder: string): number {
  const steps = namesIn(folder).flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? []);
  return Math.max(0, ...steps.map(Number));
}

const generation = (step: number) => `step-${String(step).padStart(9, "0")}`;

/** Where a process began: the step that it logged, absent where it did not get so far. */
function firstStep(output: string): number | undefined {
  const [, step] = /"step":(\d+),"steps":\d+,"message":"(?:started|resumed)"/.exec(output) ?? [];
  return step === undefined ? undefined : Number(step);
}

type Phase = "starting" | "training" | "writing";
const PHASES: readonly Phase[] = ["starting", "training", "writing"];

describe(`killed at ten random moments and told to stop at three (TEST_SEED=${SEED})`, () => {
  const untouched = temporaryDirectory();
  const folder = temporaryDirectory();
  const random = new Random(SEED, 0);
  const starts: { newest: number; resumed: number | undefined }[] = [];
  const killedWhile: Phase[] = [];
  let startMs = 500;
  let steps: number;

  /** Starts a run, and stops it at a random moment, which lies in the phase that is wanted if the machine is not too busy. */
  async function startAndStop(signal: NodeJS.Signals, wanted: Phase): Promise<void> {
    const newest = newestStep(folder);
    const begin = performance.now();
    const trainer = startTrainer(folder, STEPS_UNREACHED);
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    if (wanted === "starting") await pause(random.uniform() * startMs);
    else {
      await printed(trainer, /"message":"(?:started|resumed)"/);
      startMs = performance.now() - begin;
      await pause(random.uniform() * DELAY_MS_MAX);
      while (wanted === "writing" && trainer.process.exitCode === null && !isWriting(folder))
        await new Promise(setImmediate);
    }
    trainer.process.kill(signal);
    const how = `${signal} while ${wanted}: ${trainer.output()}`;
    expect([how, await trainer.exit]).toEqual([how, signal === "SIGKILL" ? null : 143]);
    const resumed = firstStep(trainer.output());
    starts.push({ newest, resumed });
    if (signal === "SIGKILL")
      killedWhile.push(resumed === undefined ? "starting" : isWriting(folder) ? "writing" : "training");
  }

  beforeAll(async () => {
    const stops: [NodeJS.Signals, Phase][] = [
      ...Array.from({ length: KILLS }, (_, i): [NodeJS.Signals, Phase] => [
        "SIGKILL",
        PHASES[i % PHASES.length],
      ]),
      // One that is to stop on SIGTERM has to be there.
      ...Array.from({ length: TERMINATIONS }, (): [NodeJS.Signals, Phase] => ["SIGTERM", "training"]),
    ];
    while (stops.length > 0) await startAndStop(...stops.splice(random.below(stops.length), 1)[0]);
    const missed = () => PHASES.find((phase) => !killedWhile.includes(phase));
    for (let phase = missed(); phase && killedWhile.length < KILLS_MAX; phase = missed())
      await startAndStop("SIGKILL", phase);

    const newest = newestStep(folder);
    steps = newest + 5 * CHECKPOINT_STEPS;
    const last = startTrainer(folder, steps);
    expect([last.output(), await last.exit]).toEqual([expect.anything(), 0]);
    starts.push({ newest, resumed: firstStep(last.output()) });

    const straight = startTrainer(untouched, steps);
    expect([straight.output(), await straight.exit]).toEqual([expect.anything(), 0]);
    expect(firstStep(straight.output())).toBe(0);
  }, 180_000);

  test("the kills hit it as it starts, trains and writes a checkpoint", () => {
    expect(killedWhile.length).toBeGreaterThanOrEqual(KILLS);
    expect([...new Set(killedWhile)].sort()).toEqual(PHASES);
  });

  test("it resumes each time from the newest checkpoint that there is", () => {
    const begun = starts.filter(({ resumed }) => resumed !== undefined);
    expect(begun.map(({ resumed }) => resumed)).toEqual(begun.map(({ newest }) => newest));
    expect(starts.map(({ newest }) => newest)).toEqual(
      starts.map(({ newest }) => newest).sort((one, other) => one - other),
    );
    expect(starts.at(-1)?.resumed).toBeGreaterThan(0);
  });

  test("its weights, moments, losses and model are those of an uninterrupted run, byte for byte", () => {
    for (const file of [
      join(generation(steps), "state.safetensors"),
      join(generation(steps), "progress.json"),
      "final/model.safetensors",
      "final/summary.json",
    ]) {
      const bytes = (of: string) => readFileSync(join(of, "run", file));
      expect([file, bytes(folder).equals(bytes(untouched))]).toEqual([file, true]);
    }
  });

  test("nothing is left of the writes that were cut off, and as many generations as are to be kept", () => {
    const names = readdirSync(join(folder, "run"));
    expect(names.filter((name) => name.startsWith("step-"))).toHaveLength(3);
    expect(names.filter((name) => /partial|damaged/.test(name))).toEqual([]);
    expect(readdirSync(join(folder, "superseded")).length).toBeGreaterThan(0);
  });
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../../trainer/src/random";
import { type ChildServer, printed, startChild } from "../support/child-server";
import { removeTemporaryDirectories, temporaryDirectory } from "../support/temporary-directory";

/** Random moments; a failure names it. */
const SEED = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 1_000_000));
const KILLS = 10;
const TERMINATIONS = 3;

const STEPS = 2500;
const ENVIRONMENT = {
  PATH: process.env.PATH,
  TRAINER_STEPS: String(STEPS),
  TRAINER_CHECKPOINT_STEPS: "10",
  TRAINER_BATCH_SIZE: "8",
  TRAINER_HIDDEN_SIZE: "48",
  CHECKPOINT_KEEP_LAST: "3",
};

afterAll(removeTemporaryDirectories);

function startTrainer(folder: string): ChildServer {
  return startChild([process.execPath, "--import", "tsx", "trainer/src/main.ts"], {
    cwd: process.cwd(),
    env: {
      ...ENVIRONMENT,
      CHECKPOINT_URI: `file://${join(folder, "run")}`,
      CHECKPOINT_SUPERSEDED_URI: `file://${join(folder, "superseded")}`,
    },
  });
}

/** The step of the newest generation, as anyone can see it; 0 where there is none. */
function newestStep(folder: string): number {
  const run = join(folder, "run");
  const names = existsSync(run) ? readdirSync(run) : [];
  const steps = names.flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? []);
  return Math.max(0, ...steps.map(Number));
}

const generation = (step: number) => `step-${String(step).padStart(9, "0")}`;

/** Where a process began: the step that it logged, absent where it did not get so far. */
function firstStep(output: string): number | undefined {
  const [, step] = /"step":(\d+),"steps":\d+,"message":"(?:started|resumed)"/.exec(output) ?? [];
  return step === undefined ? undefined : Number(step);
}

describe(`killed at ten random moments and told to stop at three (TEST_SEED=${SEED})`, () => {
  const untouched = temporaryDirectory();
  const folder = temporaryDirectory();
  const random = new Random(SEED, 0);
  const starts: { newest: number; resumed: number | undefined }[] = [];
  let startMs: number;
  let trainingMs: number;

  async function startAndStop(signal: NodeJS.Signals): Promise<void> {
    const newest = newestStep(folder);
    const trainer = startTrainer(folder);
    // One in four dies while it starts. One that is to stop on SIGTERM has to be there.
    const early = signal === "SIGKILL" && random.below(4) === 0;
    if (!early) await printed(trainer, /"message":"(?:started|resumed)"/);
    const delayMs = random.uniform() * (early ? startMs : trainingMs / 10);
    const begin = performance.now();
    // However fast the machine is by now, steps are left for the stops that follow.
    const stepsAllowed = (STEPS * (starts.length + 1)) / (KILLS + TERMINATIONS + 1);
    while (performance.now() - begin < delayMs && newestStep(folder) < stepsAllowed)
      await new Promise((resolve) => setTimeout(resolve, Math.min(5, delayMs)));
    trainer.process.kill(signal);
    const how = `${signal} after ${delayMs} ms: ${trainer.output()}`;
    expect([how, await trainer.exit]).toEqual([how, signal === "SIGKILL" ? null : 143]);
    starts.push({ newest, resumed: firstStep(trainer.output()) });
  }

  beforeAll(async () => {
    const begin = performance.now();
    const straight = startTrainer(untouched);
    await printed(straight, /"message":"started"/);
    startMs = performance.now() - begin;
    expect([straight.output(), await straight.exit]).toEqual([expect.anything(), 0]);
    trainingMs = performance.now() - begin - startMs;

    const signals: NodeJS.Signals[] = [
      ...Array.from({ length: KILLS }, () => "SIGKILL" as const),
      ...Array.from({ length: TERMINATIONS }, () => "SIGTERM" as const),
    ];
    while (signals.length > 0) await startAndStop(signals.splice(random.below(signals.length), 1)[0]);

    const newest = newestStep(folder);
    const last = startTrainer(folder);
    expect([last.output(), await last.exit]).toEqual([expect.anything(), 0]);
    starts.push({ newest, resumed: firstStep(last.output()) });
  }, 180_000);

  test("it resumes each time from the newest checkpoint that there is", () => {
    const begun = starts.filter(({ resumed }) => resumed !== undefined);
    expect(begun.map(({ resumed }) => resumed)).toEqual(begun.map(({ newest }) => newest));
    expect(starts.map(({ newest }) => newest)).toEqual(
      starts.map(({ newest }) => newest).sort((one, other) => one - other),
    );
    expect(starts.at(-1)?.resumed).toBeGreaterThan(0);
    expect(starts.at(-1)?.resumed).toBeLessThan(STEPS);
  });

  test("its weights, moments, losses and model are those of an uninterrupted run, byte for byte", () => {
    for (const file of [
      join(generation(STEPS), "state.safetensors"),
      join(generation(STEPS), "progress.json"),
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
    expect(readdirSync(join(folder, "superseded")).length).toBeGreaterThan(STEPS / 10 / 2);
  });
});

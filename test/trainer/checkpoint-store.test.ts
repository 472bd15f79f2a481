import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import * as fc from "fast-check";
import { CheckpointStore, type CheckpointStoreOptions } from "../../trainer/src/checkpoint-store";
import { diskFiles } from "../../trainer/src/files";
import { digest } from "../../trainer/src/generation";
import { Crash, crashingFiles, noSpaceLeft, watchedFiles } from "../support/faulty-files";
import { notedLog } from "../support/noted-log";
import { removeTemporaryDirectories, temporaryDirectory } from "../support/temporary-directory";

const configuration = { seed: 1, hiddenSize: 8 };
const { log, lines } = notedLog();

afterEach(() => {
  removeTemporaryDirectories();
  lines.length = 0;
});

function place(options: Partial<CheckpointStoreOptions> = {}): CheckpointStoreOptions {
  return { folder: join(temporaryDirectory(), "run-1"), keepLast: 2, configuration, log, ...options };
}

/** Files that tell their step. */
const filesOf = (step: number) => ({
  "state.bin": Buffer.alloc(1000, step % 251),
  "progress.json": Buffer.from(`${step}`),
});

/** The claim of the run that has the folder. */
const OWNER = expect.stringMatching(/^owner-\d{6}-[0-9a-f]{8}\.json$/);

const generations = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("step-"));

const damages: Record<string, (generation: string) => void> = {
  "a truncated file": (generation) => truncateSync(join(generation, "state.bin"), 400),
  "a flipped bit": (generation) => flip(join(generation, "state.bin"), 500),
  "a missing file": (generation) => rmSync(join(generation, "progress.json")),
  "a missing manifest": (generation) => rmSync(join(generation, "manifest.json")),
  "an empty manifest": (generation) => truncateSync(join(generation, "manifest.json"), 0),
  "another step in the manifest": (generation) =>
    replace(join(generation, "manifest.json"), '"step":20', '"step":21'),
  "another configuration in the manifest": (generation) =>
    replace(join(generation, "manifest.json"), '"seed":1', '"seed":2'),
  "a manifest that is no object": (generation) => writeFileSync(join(generation, "manifest.json"), "null"),
  "a folder in a file's place": (generation) => {
    rmSync(join(generation, "state.bin"));
    mkdirSync(join(generation, "state.bin"));
  },
  "a file in the folder's place": (generation) => {
    rmSync(generation, { recursive: true });
    writeFileSync(generation, "");
  },
};

describe("a run's checkpoints", () => {
  test("a new run has none; the newest is resumed from, with what was put in", async () => {
    const options = place();
    const store = await CheckpointStore.open(options);
    expect(await store.resume()).toBeUndefined();
    await store.save(10, filesOf(10));
    await store.save(20, filesOf(20));
    const again = await CheckpointStore.open(options);
    expect(await again.resume()).toEqual({ step: 20, configuration, files: filesOf(20) });
  });

  test("as many stay as are to be kept; the others are renamed into the superseded ones", async () => {
    const options = place({ supersededFolder: join(temporaryDirectory(), "superseded") });
    const store = await CheckpointStore.open(options);
    for (const step of [5, 10, 15, 20]) await store.save(step, filesOf(step));
    expect(generations(options.folder)).toEqual(["step-000000015", "step-000000020"]);
    const superseded = options.supersededFolder as string;
    expect(readdirSync(superseded)).toEqual(["run-1-step-000000005", "run-1-step-000000010"]);
    expect(readFileSync(join(superseded, "run-1-step-000000010", "progress.json"), "utf8")).toBe("10");
  });

  test("without a folder for superseded ones the others are deleted", async () => {
    const options = place({ keepLast: 1 });
    const store = await CheckpointStore.open(options);
    for (const step of [5, 10, 15]) await store.save(step, filesOf(step));
    expect(readdirSync(options.folder)).toEqual([OWNER, "step-000000015"]);
  });

  test("what is deleted loses its name first, so that half of it is never taken for a checkpoint", async () => {
    const { files, done } = watchedFiles();
    const options = place({ keepLast: 1, disk: files });
    const store = await CheckpointStore.open(options);
    await store.save(5, filesOf(5));
    done.length = 0;
    await store.save(10, filesOf(10));
    const removed = done.filter(({ name }) => name === "remove").map(({ path }) => basename(path));
    expect(removed).toHaveLength(2);
    for (const name of removed) expect(name).toMatch(/^partial-/);
  });

  test("folders that the bucket has emptied are taken away, those of other runs are not", async () => {
    const options = place({ keepLast: 1, supersededFolder: temporaryDirectory() });
    const store = await CheckpointStore.open(options);
    for (const step of [1, 2, 3]) await store.save(step, filesOf(step));
    const superseded = options.supersededFolder as string;
    const other = await CheckpointStore.open({ ...options, folder: join(temporaryDirectory(), "run-2") });
    for (const step of [1, 2]) await other.save(step, filesOf(step));
    for (const name of ["run-1-step-000000001", "run-2-step-000000001"])
      for (const file of readdirSync(join(superseded, name))) rmSync(join(superseded, name, file));
    await CheckpointStore.open(options);
    expect(readdirSync(superseded)).toEqual(["run-1-step-000000002", "run-2-step-000000001"]);
  });

  test("everything is on the disk before its name is", async () => {
    const { files, done } = watchedFiles();
    const options = place({ disk: files });
    const store = await CheckpointStore.open(options);
    done.length = 0;
    await store.save(7, filesOf(7));
    const changes = done.filter(({ name }) => ["write", "flushFolder", "rename"].includes(name));
    expect(changes.map(({ name, path, to }) => [name, basename(path), to && basename(to)])).toEqual([
      ["write", "state.bin", undefined],
      ["write", "progress.json", undefined],
      ["write", "manifest.json", undefined],
      ["flushFolder", expect.stringMatching(/^partial-/), undefined],
      ["rename", expect.stringMatching(/^partial-/), "step-000000007"],
      ["flushFolder", "run-1", undefined],
    ]);
  });

  test("a result is there once the run has finished", async () => {
    const options = place();
    const store = await CheckpointStore.open(options);
    expect(await store.finished()).toBeUndefined();
    await store.finish(30, { "model.bin": Buffer.from("m") });
    expect((await store.finished())?.step).toBe(30);
    await store.finish(40, { "model.bin": Buffer.from("n") });
    expect(await store.finished()).toMatchObject({ step: 40, files: { "model.bin": Buffer.from("n") } });
    expect(readdirSync(options.folder)).toEqual(["final", OWNER]);
  });
});

describe("a damaged checkpoint", () => {
  test.each(Object.entries(damages))("by %s is set aside for the one before, loudly", async (_, damage) => {
    const options = place();
    const store = await CheckpointStore.open(options);
    await store.save(10, filesOf(10));
    await store.save(20, filesOf(20));
    damage(join(options.folder, "step-000000020"));
    const again = await CheckpointStore.open(options);
    expect((await again.resume())?.step).toBe(10);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 50, generation: "step-000000020", damage: expect.any(String) }),
    );
    expect(readdirSync(options.folder)).toContain("damaged-step-000000020");
    await again.save(20, filesOf(20));
    expect((await (await CheckpointStore.open(options)).resume())?.step).toBe(20);
  });

  test("goes to the superseded ones where there are such", async () => {
    const options = place({ supersededFolder: temporaryDirectory() });
    const store = await CheckpointStore.open(options);
    await store.save(10, filesOf(10));
    await store.save(20, filesOf(20));
    damages["a flipped bit"](join(options.folder, "step-000000020"));
    await (await CheckpointStore.open(options)).resume();
    expect(generations(options.folder)).toEqual(["step-000000010"]);
    expect(readdirSync(options.supersededFolder as string)).toEqual(["run-1-step-000000020"]);
  });

  test("is no reason to start anew where it is the only one, and stays to be restored", async () => {
    const options = place();
    await (await CheckpointStore.open(options)).save(10, filesOf(10));
    damages["a truncated file"](join(options.folder, "step-000000010"));
    const again = await CheckpointStore.open(options);
    await expect(again.resume()).rejects.toMatchObject({
      code: "no_whole_generation",
      exitCode: 2,
      message: expect.stringContaining("step-000000010"),
    });
    expect(generations(options.folder)).toEqual(["step-000000010"]);
  });

  test("is not what a disk error makes of one: that may pass", async () => {
    const options = place();
    await (await CheckpointStore.open(options)).save(10, filesOf(10));
    const failing = watchedFiles(({ name, path }) =>
      name === "read" && path.endsWith("state.bin")
        ? Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" })
        : undefined,
    );
    const again = await CheckpointStore.open({ ...options, disk: failing.files });
    await expect(again.resume()).rejects.toThrow("EIO");
    expect(generations(options.folder)).toEqual(["step-000000010"]);
  });
});

test("a checkpoint of another configuration is refused, with the settings that differ", async () => {
  const options = place();
  const store = await CheckpointStore.open(options);
  await store.save(10, filesOf(10));
  await store.finish(10, filesOf(10));
  const other = await CheckpointStore.open({ ...options, configuration: { seed: 1, hiddenSize: 16 } });
  for (const attempt of [() => other.resume(), () => other.finished()])
    await expect(attempt()).rejects.toMatchObject({
      code: "other_configuration",
      exitCode: 2,
      message: expect.stringContaining("hiddenSize is 16 here and 8 there;"),
    });
});

test("a checkpoint that another version of the program wrote is refused, and stays as it is", async () => {
  const options = place();
  await (await CheckpointStore.open(options)).save(10, filesOf(10));
  const file = join(options.folder, "step-000000010", "manifest.json");
  const { sha256: _, ...manifest } = JSON.parse(readFileSync(file, "utf8"));
  const newer = { ...manifest, format: 2 };
  writeFileSync(file, JSON.stringify({ ...newer, sha256: digest(JSON.stringify(newer)) }));
  await expect((await CheckpointStore.open(options)).resume()).rejects.toMatchObject({
    code: "other_configuration",
    message: expect.stringContaining("is of format 2, and this program reads format 1;"),
  });
  expect(generations(options.folder)).toEqual(["step-000000010"]);
});

describe("two runs in one folder", () => {
  test("the one that started last has it; the other stops before it changes anything", async () => {
    const options = place();
    const first = await CheckpointStore.open(options);
    await first.save(10, filesOf(10));
    const second = await CheckpointStore.open(options);
    await second.resume();
    await expect(first.save(20, filesOf(20))).rejects.toMatchObject({ code: "taken_over", exitCode: 2 });
    expect(readdirSync(options.folder)).toEqual([OWNER, "step-000000010"]);
    await second.save(20, filesOf(20));
    expect(generations(options.folder)).toEqual(["step-000000010", "step-000000020"]);
  });

  test("the other finds out though its mount answers from a cache what it once read", async () => {
    const cache = new Map<string, Uint8Array>();
    const options = place();
    const read = async (file: string) => {
      const content = cache.get(file) ?? (await diskFiles.read(file));
      cache.set(file, content);
      return content;
    };
    const first = await CheckpointStore.open({ ...options, disk: { ...diskFiles, read } });
    await first.save(10, filesOf(10));
    await CheckpointStore.open(options);
    await expect(first.save(20, filesOf(20))).rejects.toMatchObject({ code: "taken_over" });
  });

  test("that start at the same moment do not both have it", async () => {
    const options = place();
    const stores = await Promise.all([1, 2, 3].map(() => CheckpointStore.open(options)));
    const ends = await Promise.allSettled(stores.map((store) => store.save(10, filesOf(10))));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const end of ends)
      if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "taken_over" });
    expect(readdirSync(options.folder)).toContain("step-000000010");
  });

  test("a claim that somebody deleted is an error that a restart mends", async () => {
    const options = place();
    const store = await CheckpointStore.open(options);
    for (const name of readdirSync(options.folder)) rmSync(join(options.folder, name));
    await expect(store.save(10, filesOf(10))).rejects.toThrow(/owner-000001-.* is gone/);
    await (await CheckpointStore.open(options)).save(10, filesOf(10));
  });
});

describe("a write that fails", () => {
  test("because what was left of others fills the disk does so only once", async () => {
    const options = place();
    await (await CheckpointStore.open(options)).save(10, filesOf(10));
    mkdirSync(join(options.folder, "partial-0-step-000000020"));
    const { files } = watchedFiles(({ name }) =>
      name === "write" && readdirSync(options.folder).some((entry) => entry.startsWith("partial-0"))
        ? noSpaceLeft()
        : undefined,
    );
    const again = await CheckpointStore.open({ ...options, disk: files });
    expect((await again.resume())?.step).toBe(10);
  });

  test("to remove what is left of others is a warning", async () => {
    const options = place();
    mkdirSync(join(options.folder, "partial-0-step-000000020"), { recursive: true });
    const { files } = watchedFiles(({ name }) => (name === "remove" ? new Error("ENOTEMPTY") : undefined));
    await CheckpointStore.open({ ...options, disk: files });
    expect(lines.at(-1)).toMatchObject({ level: 40, msg: "leftovers stay for now" });
  });

  test("leaves the checkpoints before it as they are, and no rest", async () => {
    let full = false;
    const { files } = watchedFiles(({ name, path }) =>
      full && name === "write" && path.endsWith("progress.json") ? noSpaceLeft() : undefined,
    );
    const options = place({ disk: files });
    const store = await CheckpointStore.open(options);
    await store.save(10, filesOf(10));
    full = true;
    await expect(store.save(20, filesOf(20))).rejects.toThrow("ENOSPC");
    expect(readdirSync(options.folder)).toEqual([OWNER, "step-000000010"]);
    full = false;
    await store.save(20, filesOf(20));
    expect((await store.resume())?.step).toBe(20);
  });

  test("can be done again though only its last flush failed", async () => {
    let failing = true;
    const options = place();
    const { files } = watchedFiles(({ name, path }) =>
      failing && name === "flushFolder" && path === options.folder ? new Error("EIO") : undefined,
    );
    const store = await CheckpointStore.open({ ...options, disk: files });
    await expect(store.save(10, filesOf(10))).rejects.toThrow("EIO");
    failing = false;
    await store.save(10, filesOf(10));
    expect((await store.resume())?.step).toBe(10);
    expect(readdirSync(options.folder)).toEqual([OWNER, "step-000000010"]);
  });

  test("after its rename, and is done again, loses nothing at whichever operation the run then dies", async () => {
    for (let operations = 0, survived = false; !survived; operations++) {
      let left = Number.POSITIVE_INFINITY;
      const options = place({ keepLast: 1 });
      const { files } = watchedFiles(({ name, path }) => {
        if (left === Number.POSITIVE_INFINITY)
          return name === "flushFolder" && path === options.folder ? new Error("EIO") : undefined;
        return left-- > 0 ? undefined : new Crash();
      });
      const store = await CheckpointStore.open({ ...options, disk: files });
      await expect(store.save(10, filesOf(10))).rejects.toThrow("EIO");
      left = operations;
      survived = await store.save(10, filesOf(10)).then(
        () => left >= 0,
        () => false,
      );
      const resumed = await (await CheckpointStore.open(options)).resume();
      expect([operations, resumed?.step]).toEqual([operations, 10]);
    }
  });

  test("of superseding is a warning: a generation too many does no harm", async () => {
    const options = place({ keepLast: 1, supersededFolder: temporaryDirectory() });
    const { files } = watchedFiles(({ name, to }) =>
      name === "rename" && to?.startsWith(options.supersededFolder as string)
        ? new Error("EBUSY")
        : undefined,
    );
    const store = await CheckpointStore.open({ ...options, disk: files });
    for (const step of [1, 2, 3]) await store.save(step, filesOf(step));
    expect(generations(options.folder)).toHaveLength(3);
    expect(lines.filter(({ level }) => level === 40)).toHaveLength(2);
  });
});

/**
 * The life of a run with all that it can meet: a damaged checkpoint, a leftover, generations to supersede, a result to
 * replace. It is killed before each operation of its file system in turn, and halfway through those that have a half.
 */
test.each([
  { keepLast: 1, where: "deleted" },
  { keepLast: 2, where: "deleted" },
  { keepLast: 1, where: "superseded" },
])(
  "at whichever operation a run dies, no checkpoint is lost (keepLast $keepLast, $where)",
  async ({ keepLast, where }) => {
    const saves = [30, 40];
    const start = join(temporaryDirectory(), "run-1");
    const before = await CheckpointStore.open(place({ folder: start, keepLast: 3 }));
    for (const step of [10, 15, 20]) await before.save(step, filesOf(step));
    await before.finish(20, filesOf(20));
    damages["a flipped bit"](join(start, "step-000000020"));
    mkdirSync(join(start, "partial-0-step-000000025"));

    let survived = false;
    for (let operations = 0; !survived; operations++) {
      const supersededFolder = where === "superseded" ? join(temporaryDirectory(), "superseded") : undefined;
      const options = place({ keepLast, supersededFolder, log: notedLog().log });
      cpSync(start, options.folder, { recursive: true });

      let saved = 15;
      let underWay = saved;
      let finished = 20;
      try {
        const run = await CheckpointStore.open({ ...options, disk: crashingFiles(operations) });
        expect((await run.resume())?.step).toBe(15);
        for (const step of saves) {
          underWay = step;
          await run.save(step, filesOf(step));
          saved = step;
        }
        await run.finish(40, filesOf(40));
        finished = 40;
        survived = true;
      } catch (cause) {
        if (!(cause instanceof Crash)) throw cause;
      }

      const survivor = await CheckpointStore.open(options);
      const result = (await survivor.finished())?.step;
      const resumed = await survivor.resume();
      expect([operations, [saved, underWay]]).toEqual([operations, expect.arrayContaining([resumed?.step])]);
      expect(resumed?.files).toEqual(filesOf(resumed?.step as number));
      // Between two names a result is none; the last checkpoint makes it anew.
      expect([operations, [finished, saved, undefined]]).toEqual([
        operations,
        expect.arrayContaining([result]),
      ]);
      if (saved < 40) expect([operations, result]).toEqual([operations, 20]);
      expect(readdirSync(options.folder).filter((name) => name.startsWith("partial-"))).toEqual([]);
      expect(readdirSync(options.folder).filter((name) => name.startsWith("owner-"))).toEqual([OWNER]);
      expect(generations(options.folder).length).toBeLessThanOrEqual(keepLast);
      await survivor.save(60, filesOf(60));
      expect((await survivor.resume())?.step).toBe(60);
    }
  },
);

/**
 * Runs one after the other in one folder, each killed at some operation of its file system, against a model that is a
 * list of the steps that were saved. fast-check prints the seed of a failure.
 */
test("whenever a run dies, the next resumes from the last checkpoint that was saved, or the one under way", async () => {
  const life = fc.record({ operations: fc.nat(90), saves: fc.integer({ min: 1, max: 4 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(life, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      async (lives, keepLast, withSuperseded) => {
        const supersededFolder = withSuperseded ? join(temporaryDirectory(), "superseded") : undefined;
        const options = place({ keepLast, supersededFolder, log: notedLog().log });
        let saved = 0;
        for (const { operations, saves } of lives) {
          let underWay = saved;
          try {
            const store = await CheckpointStore.open({ ...options, disk: crashingFiles(operations) });
            let step = (await store.resume())?.step ?? 0;
            expect(step).toBe(saved);
            for (let save = 0; save < saves; save++) {
              step += 3;
              underWay = step;
              await store.save(step, filesOf(step));
              saved = step;
            }
          } catch (cause) {
            if (!(cause instanceof Crash)) throw cause;
          }
          const survivor = await CheckpointStore.open(options);
          const resumed = await survivor.resume();
          expect([saved, underWay]).toContain(resumed?.step ?? 0);
          if (resumed) expect(resumed.files).toEqual(filesOf(resumed.step));
          saved = resumed?.step ?? 0;
          expect(readdirSync(options.folder).filter((name) => /partial|damaged/.test(name))).toEqual([]);
          expect(generations(options.folder).length).toBeLessThanOrEqual(keepLast);
        }
        rmSync(options.folder, { recursive: true });
      },
    ),
    { numRuns: 15 },
  );
});

test("a folder that cannot be written to is an error from the start", async () => {
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, "");
  await expect(CheckpointStore.open(place({ folder: join(file, "run") }))).rejects.toThrow("ENOTDIR");
  expect(existsSync(file)).toBe(true);
});

function flip(file: string, offset: number): void {
  const bytes = readFileSync(file);
  bytes[offset] ^= 1;
  writeFileSync(file, bytes);
}

function replace(file: string, what: string, by: string): void {
  const text = readFileSync(file, "utf8");
  expect(text).toContain(what);
  writeFileSync(file, text.replace(what, by));
}

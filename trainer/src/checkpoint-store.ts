import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import type { Logger } from "pino";
import { TrainingError } from "./errors";
import { diskFiles, type Files } from "./files";
import {
  DamagedGenerationError,
  type FileContents,
  type Generation,
  type RunConfiguration,
  readGeneration,
  withManifest,
} from "./generation";

export type CheckpointStoreOptions = Readonly<{
  /** Folder of the run's generations. */
  folder: string;
  /** Folder that superseded generations are renamed into; without one they are deleted. */
  supersededFolder?: string;
  /** Generations that stay in the folder. */
  keepLast: number;
  configuration: RunConfiguration;
  log: Logger;
  disk?: Files;
}>;

/** What writing a generation took. */
export type Written = Readonly<{ bytes: number; milliseconds: number }>;

const GENERATION = /^step-\d{9}$/;
/** A run's claim to the folder: its number, and the token of the run. */
const CLAIM = /^owner-(\d{6})-[0-9a-f]{8}\.json$/;
/** Begins the name of whatever is not whole: what is being written, and what is being deleted. */
const PARTIAL = "partial-";
const FINAL = "final";

/**
 * The generations of a run: `step-000000120/` and so on, each with a manifest.
 *
 * A generation is written under another name, flushed, and renamed as a whole, so that under its own name it is whole or
 * absent, whenever the process is killed. A file that names the last generation would be a second thing to get right: the
 * names say it.
 *
 * There is no lock, since a killed run could not release it. Instead the run that started last owns the folder, and one
 * that a lost node left behind finds that out before it renames a generation. The claims are names too: a mounted bucket
 * lists a folder anew each time, while what a file holds, and whether it is there, may come from a cache for ever.
 */
export class CheckpointStore {
  readonly #options: CheckpointStoreOptions;
  readonly #disk: Files;
  readonly #token = randomUUID().slice(0, 8);
  #claim = "";

  private constructor(options: CheckpointStoreOptions) {
    this.#options = options;
    this.#disk = options.disk ?? diskFiles;
  }

  /** Takes the folder over from whichever run had it, and removes what interrupted writes left. */
  static async open(options: CheckpointStoreOptions): Promise<CheckpointStore> {
    const store = new CheckpointStore(options);
    await store.#disk.makeFolder(options.folder);
    if (options.supersededFolder !== undefined) await store.#disk.makeFolder(options.supersededFolder);
    try {
      await store.#takeOver();
    } catch {
      // What is left of writes that filled the disk would keep it full.
      await store.#removeLeftovers();
      await store.#takeOver();
    }
    await store.#removeLeftovers();
    return store;
  }

  /**
   * The newest whole generation, absent in a new run. Newer ones that are damaged are set aside, loudly.
   *
   * @throws TrainingError `other_configuration` where the checkpoint is of another run, `no_whole_generation` where all are damaged
   */
  async resume(): Promise<Generation | undefined> {
    const damaged: string[] = [];
    for (const name of (await this.#generations()).reverse()) {
      const generation = await this.#readWhole(name);
      if (!generation) {
        damaged.push(name);
        continue;
      }
      this.#expectOwnConfiguration(generation);
      for (const other of damaged) await this.#setAside(other, "damaged");
      // Where the run before died between writing a generation and superseding another.
      await this.#supersede();
      return generation;
    }
    if (damaged.length > 0)
      throw new TrainingError(
        "no_whole_generation",
        `${this.#options.folder}: none of ${damaged.join(", ")} is whole; restore one, or move them away to start anew`,
      );
    return undefined;
  }

  /** Writes a generation; it is there, and durable, when this resolves. Older ones are then superseded. */
  async save(step: number, files: FileContents): Promise<Written> {
    const written = await this.#place(`step-${String(step).padStart(9, "0")}`, step, files);
    await this.#supersede();
    return written;
  }

  /** The run's result, absent while it is not finished. */
  async finished(): Promise<Generation | undefined> {
    if (!(await this.#disk.list(this.#options.folder)).includes(FINAL)) return undefined;
    const result = await this.#readWhole(FINAL);
    if (result) this.#expectOwnConfiguration(result);
    return result;
  }

  /** Writes the run's result to `final/`, as a generation is written. */
  finish(step: number, files: FileContents): Promise<Written> {
    return this.#place(FINAL, step, files);
  }

  async #place(name: string, step: number, files: FileContents): Promise<Written> {
    const start = performance.now();
    const { folder, configuration } = this.#options;
    const partial = join(folder, `${PARTIAL}${this.#token}-${name}`);
    const contents = withManifest({ step, configuration, files });
    try {
      await this.#disk.remove(partial);
      await this.#disk.makeFolder(partial);
      for (const [file, bytes] of Object.entries(contents))
        await this.#disk.write(join(partial, file), bytes);
      await this.#disk.flushFolder(partial);
      await this.#commit(partial, name);
    } catch (cause) {
      // Room for the next attempt; what cannot be removed now is removed by the next start.
      await this.#disk.remove(partial).catch(() => {});
      await this.#expectOwner();
      throw cause;
    }
    const bytes = Object.values(contents).reduce((sum, { byteLength }) => sum + byteLength, 0);
    return { bytes, milliseconds: Math.round(performance.now() - start) };
  }

  async #commit(partial: string, name: string): Promise<void> {
    const { folder } = this.#options;
    const taken = (await this.#expectOwner()).includes(name);
    // An attempt whose last flush failed left this step behind. Between two renames there would be none, perhaps the only one.
    if (taken && name !== FINAL && (await this.#readWhole(name))) await this.#disk.remove(partial);
    else {
      if (taken) await this.#setAside(name, "replaced");
      await this.#disk.rename(partial, join(folder, name));
    }
    await this.#disk.flushFolder(folder);
  }

  /** A generation too many does no harm, so that failing here is no reason to stop. */
  async #supersede(): Promise<void> {
    try {
      const names = await this.#generations();
      for (const name of names.slice(0, -this.#options.keepLast)) await this.#setAside(name, "superseded");
    } catch (err) {
      this.#options.log.warn({ err }, "superseded generations stay for now");
    }
  }

  /** Takes a folder out of the run's: into the superseded ones, or away. */
  async #setAside(name: string, reason: "superseded" | "replaced" | "damaged"): Promise<void> {
    const { folder, supersededFolder, log } = this.#options;
    const source = join(folder, name);
    if (supersededFolder !== undefined) {
      const target = join(supersededFolder, `${basename(folder)}-${name}`);
      await this.#disk.remove(target);
      await this.#disk.rename(source, target);
      log.debug({ reason, target }, "set aside");
      return;
    }
    if (reason === "damaged") {
      const target = join(folder, `damaged-${name}`);
      await this.#disk.remove(target);
      await this.#disk.rename(source, target);
      return;
    }
    // Deleting takes many operations: it is done under a name that nobody resumes from.
    const doomed = join(folder, `${PARTIAL}${this.#token}-${name}-${reason}`);
    await this.#disk.rename(source, doomed);
    await this.#disk.remove(doomed);
  }

  /** The names of the generations, oldest first. */
  async #generations(): Promise<string[]> {
    return (await this.#disk.list(this.#options.folder)).filter((name) => GENERATION.test(name)).sort();
  }

  async #readWhole(name: string): Promise<Generation | undefined> {
    const { folder, log } = this.#options;
    try {
      return await readGeneration(this.#disk, join(folder, name));
    } catch (cause) {
      if (!(cause instanceof DamagedGenerationError)) throw cause;
      log.error(
        { generation: name, damage: cause.message },
        "checkpoint is damaged; falling back to an older one",
      );
      return undefined;
    }
  }

  #expectOwnConfiguration({ configuration, step }: Generation): void {
    const own = this.#options.configuration;
    const settings = new Set([...Object.keys(own), ...Object.keys(configuration)]);
    const differing = [...settings].filter((setting) => own[setting] !== configuration[setting]);
    if (differing.length === 0) return;
    const differences = differing.map(
      (setting) => `${setting} is ${own[setting]} here and ${configuration[setting]} there`,
    );
    throw new TrainingError(
      "other_configuration",
      `${this.#options.folder}: the checkpoint of step ${step} is of another configuration: ${differences.join(", ")}; ` +
        "take the checkpoint's configuration, or another folder for this one",
    );
  }

  async #takeOver(): Promise<void> {
    const { folder } = this.#options;
    const [, last = "0"] = CLAIM.exec(lastClaim(await this.#disk.list(folder)) ?? "") ?? [];
    this.#claim = `owner-${String(Number(last) + 1).padStart(6, "0")}-${this.#token}.json`;
    const owner = { pid: process.pid, host: hostname(), since: new Date() };
    await this.#disk.write(join(folder, this.#claim), Buffer.from(JSON.stringify(owner)));
  }

  /** Answers the names in the folder, which are this run's to change. */
  async #expectOwner(): Promise<string[]> {
    const { folder } = this.#options;
    const names = await this.#disk.list(folder);
    const owner = lastClaim(names);
    if (owner === this.#claim) return names;
    // Whoever emptied the folder is no run: a restart claims it anew.
    if (owner === undefined) throw new Error(`${folder}: ${this.#claim} is gone`);
    throw new TrainingError("taken_over", `${folder}: another run took it over; ${owner} says which`);
  }

  /** What could not be removed does no harm, so that failing here is no reason to stop. */
  async #removeLeftovers(): Promise<void> {
    const { folder, log } = this.#options;
    try {
      for (const name of await this.#disk.list(folder)) {
        const outdated = CLAIM.test(name) && name < this.#claim;
        if (!outdated && !name.startsWith(PARTIAL)) continue;
        if (!outdated) log.warn({ leftover: name }, "removing what an interrupted write left");
        await this.#disk.remove(join(folder, name));
      }
      await this.#removeEmptied();
    } catch (err) {
      log.warn({ err }, "leftovers stay for now");
    }
  }

  /**
   * The bucket empties superseded generations and leaves their folders, which slow listing once there are many. It begins
   * with the oldest: behind one that still holds something there are hardly any empty ones.
   */
  async #removeEmptied(): Promise<void> {
    const { folder, supersededFolder } = this.#options;
    if (supersededFolder === undefined) return;
    for (const name of await this.#disk.list(supersededFolder)) {
      if (!name.startsWith(`${basename(folder)}-step-`)) continue;
      const path = join(supersededFolder, name);
      if ((await this.#disk.list(path)).length > 0) return;
      await this.#disk.remove(path);
    }
  }
}

function lastClaim(names: readonly string[]): string | undefined {
  return names
    .filter((name) => CLAIM.test(name))
    .sort()
    .at(-1);
}

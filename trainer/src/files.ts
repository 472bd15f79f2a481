import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** What the checkpoint store does to a file system; nothing else touches its folders. */
export interface Files {
  /** The names in a folder; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Makes a folder and those above it, whose names would survive a crash of the machine; one that is there stays. */
  makeFolder(folder: string): Promise<void>;
  /** Writes a new file; resolves when its bytes would survive a crash of the machine. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  /** Resolves when the names in a folder would survive a crash of the machine. */
  flushFolder(folder: string): Promise<void>;
  read(file: string): Promise<Uint8Array>;
  /** Renames a file or a folder in one operation that either happened or did not. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a folder and what it holds; nothing where there is none. */
  remove(path: string): Promise<void>;
}

export const diskFiles: Files = {
  async list(folder) {
    try {
      return (await readdir(folder)).sort();
    } catch (cause) {
      if (isErrno(cause, "ENOENT")) return [];
      throw cause;
    }
  },

  async makeFolder(folder) {
    const topmost = await mkdir(folder, { recursive: true });
    if (topmost === undefined) return;
    for (let made = resolve(folder); made.startsWith(topmost); made = dirname(made))
      await diskFiles.flushFolder(dirname(made));
  },

  async write(file, bytes) {
    const handle = await open(file, "wx");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      // A mounted bucket makes the object only now: this may fail as a write does.
      await handle.close();
    }
  },

  async flushFolder(folder) {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } catch (cause) {
      // Some mounted buckets have nothing to flush there: a name is durable when the operation that made it returns.
      if (!isErrno(cause, "EINVAL", "ENOTSUP", "ENOSYS")) throw cause;
    } finally {
      await handle.close();
    }
  },

  read: (file) => readFile(file),
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { recursive: true, force: true }),
};

/** Whether an error is the system's, with one of these codes. */
export function isErrno(cause: unknown, ...codes: string[]): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code !== undefined && codes.includes(code);
}

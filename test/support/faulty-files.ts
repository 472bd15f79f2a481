import { diskFiles, type Files } from "../../trainer/src/files";

/** The process is gone: nothing that it does afterwards reaches the disk. */
export class Crash extends Error {}

/** What was done to the file system, as `write step-000000001/a`. */
export type Operation = Readonly<{ name: keyof Files; path: string; to?: string }>;

/**
 * The disk as a process sees it that dies at its n-th operation: a write leaves half of its bytes, a removal half of a
 * folder's files, a rename did not happen, and everything afterwards throws.
 *
 * @param operations how many succeed; none dies where it is infinite
 */
export function crashingFiles(operations: number): Files {
  let left = operations;
  const alive = () => {
    if (left-- > 0) return true;
    if (left < -1) throw new Crash();
    return false;
  };
  return {
    list: (folder) => (alive() ? diskFiles.list(folder) : die()),
    makeFolder: (folder) => (alive() ? diskFiles.makeFolder(folder) : die()),
    async write(file, bytes) {
      if (alive()) return diskFiles.write(file, bytes);
      await diskFiles.write(file, bytes.subarray(0, bytes.length / 2));
      die();
    },
    flushFolder: (folder) => (alive() ? diskFiles.flushFolder(folder) : die()),
    read: (file) => (alive() ? diskFiles.read(file) : die()),
    rename: (from, to) => (alive() ? diskFiles.rename(from, to) : die()),
    async remove(path) {
      if (alive()) return diskFiles.remove(path);
      const names = await diskFiles.list(path).catch(() => []);
      for (const name of names.slice(0, names.length / 2)) await diskFiles.remove(`${path}/${name}`);
      die();
    },
  };
}

function die(): never {
  throw new Crash();
}

/** The disk, with what was done to it noted, and errors where `fault` answers one. */
export function watchedFiles(fault: (operation: Operation) => Error | undefined = () => undefined): {
  files: Files;
  done: Operation[];
} {
  const done: Operation[] = [];
  const watched = (name: keyof Files) =>
    (async (path: string, second?: unknown) => {
      const operation = { name, path, to: typeof second === "string" ? second : undefined };
      const error = fault(operation);
      if (error) throw error;
      done.push(operation);
      return (diskFiles[name] as (...args: unknown[]) => unknown)(path, second);
    }) as never;
  return {
    done,
    files: {
      list: watched("list"),
      makeFolder: watched("makeFolder"),
      write: watched("write"),
      flushFolder: watched("flushFolder"),
      read: watched("read"),
      rename: watched("rename"),
      remove: watched("remove"),
    },
  };
}

/** What a full disk says. */
export function noSpaceLeft(): Error {
  return Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
}

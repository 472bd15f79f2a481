import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where a fact is from, and when it was read there. */
export interface Dated {
  /** Day as YYYY-MM-DD. */
  readonly asOf: string;
  readonly source: string;
}

/**
 * The entries of a data file, read when they are first asked for: an application that builds no accelerators does
 * not parse their catalog.
 */
export function dataFile<Entry extends Dated>(name: string): () => readonly Entry[] {
  return once(() => JSON.parse(readFileSync(join(__dirname, "data", `${name}.json`), "utf8")));
}

/** Entries by a key, put in order when they are first asked for: a cluster asks once for each of its node pools. */
export function indexed<Entry>(
  entries: () => readonly Entry[],
  key: (entry: Entry) => string,
): () => ReadonlyMap<string, Entry> {
  return once(() => new Map(entries().map((entry) => [key(entry), entry])));
}

/** What a function returned the first time. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

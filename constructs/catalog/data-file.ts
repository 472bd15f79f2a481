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
  let entries: readonly Entry[] | undefined;
  return () => {
    entries ??= JSON.parse(readFileSync(join(__dirname, "data", `${name}.json`), "utf8"));
    return entries as readonly Entry[];
  };
}

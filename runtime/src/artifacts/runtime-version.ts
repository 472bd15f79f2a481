import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The version of this package, from its package.json: two folders up, in the sources as in what is built. */
export function runtimeVersion(): string {
  return JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8")).version;
}

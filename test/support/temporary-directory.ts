import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];

/** A new empty directory. `removeTemporaryDirectories` removes it. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "plinth-test-"));
  made.push(directory);
  return directory;
}

/** For `afterEach`. */
export function removeTemporaryDirectories(): void {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true });
}

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";

/** Standard output is for the results. */
const STDERR = 2;
const ROOT = join(__dirname, "../..");

/** The runtime as it is shipped: compiled to JavaScript. */
export class BuiltRuntime {
  readonly main = join(ROOT, "runtime/dist/main.js");

  /** Compiles the present sources. */
  constructor() {
    rmSync(join(ROOT, "runtime/dist"), { recursive: true, force: true });
    run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", join(ROOT, "runtime")]);
  }

  /** Makes an artifact of a checkpoint. */
  convert(checkpoint: string, directory: string, weights: string): void {
    run(process.execPath, [this.main, "convert", checkpoint, directory, "--weights", weights]);
  }
}

function run(command: string, options: readonly string[]): void {
  const { status } = spawnSync(command, options, { cwd: ROOT, stdio: ["ignore", STDERR, STDERR] });
  if (status !== 0) throw new Error(`${[command, ...options].join(" ")} ended with ${status}`);
}

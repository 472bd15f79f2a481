import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { EngineThreads } from "../../runtime/src/engine/engine-client";
import type { WorkerData } from "../../runtime/src/engine/worker";

/** What happens instead of a run of the session. */
export type Fault = "throw" | "exit" | "uncaught" | "out of memory";

const FAULTS: readonly Fault[] = ["throw", "exit", "uncaught", "out of memory"];
const SOURCES = join(__dirname, "..", "..", "runtime", "src");
const HEAP_MIB = 96;

/** The engine's own thread with faults in its runs: what a run does is asked of memory that the test shares with it. */
const FAULTY_THREAD = `
  require("tsx/cjs");
  const { workerData } = require("node:worker_threads");
  const { ModelRunner } = require(${JSON.stringify(join(SOURCES, "model", "model-runner.ts"))});
  const run = ModelRunner.prototype.run;
  const faults = [
    () => { throw new Error("injected failure"); },
    () => process.exit(7),
    () => new Promise(() => setImmediate(() => { throw new Error("injected exception"); })),
    () => { const hoard = []; for (;;) hoard.push(new Array(1000).fill(Math.random())); },
  ];
  ModelRunner.prototype.run = async function (batch) {
    const [fault, times] = workerData.faults;
    if (times === 0) return run.call(this, batch);
    Atomics.sub(workerData.faults, 1, 1);
    return faults[fault]();
  };
  require(${JSON.stringify(join(SOURCES, "engine", "worker.ts"))});
`;

/** Engine threads that fail when told to. */
export class FaultyThreads implements EngineThreads {
  /** Threads that were started. */
  started = 0;
  /** Those that have not ended. */
  alive = 0;
  private readonly faults = new Int32Array(new SharedArrayBuffer(8));

  constructor(
    readonly restartLimits = { restartsMax: 3, windowSeconds: 600, delayMs: 50, delayMsMax: 200 },
  ) {}

  /** Makes the next runs fail, in this thread or in those that follow it. */
  inject(fault: Fault, runs = 1): void {
    this.faults[0] = FAULTS.indexOf(fault);
    Atomics.store(this.faults, 1, runs);
  }

  start(workerData: WorkerData): Worker {
    this.started++;
    this.alive++;
    const thread = new Worker(FAULTY_THREAD, {
      eval: true,
      execArgv: [],
      workerData: { ...workerData, faults: this.faults },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    return thread.once("exit", () => this.alive--);
  }
}

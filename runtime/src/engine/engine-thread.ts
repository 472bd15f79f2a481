import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { WorkerData } from "./worker";

/** Starts the engine's thread, which loads the model and then says that it is ready. */
export function startEngineThread(workerData: WorkerData): Worker {
  if (!__filename.endsWith(".ts")) return new Worker(join(__dirname, "worker.js"), { workerData });
  // From source (tests, `npm start`) the thread needs the loader that turns TypeScript into JavaScript.
  const load = `require("tsx/cjs"); require(${JSON.stringify(join(__dirname, "worker.ts"))});`;
  return new Worker(load, { eval: true, workerData, execArgv: [] });
}

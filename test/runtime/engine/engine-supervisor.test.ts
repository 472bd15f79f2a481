import { Worker } from "node:worker_threads";
import { EngineSupervisor } from "../../../runtime/src/engine/engine-supervisor";
import { RESTART_LIMITS } from "../../../runtime/src/engine/restart-budget";

test("an engine that is stopped while its model loads has not started, and does not start again", async () => {
  const untilTold = `require("node:worker_threads").parentPort.once("message", () => process.exit(1))`;
  const start = jest.fn(() => new Worker(untilTold, { eval: true, execArgv: [] }));
  const lost = jest.fn();
  const supervisor = new EngineSupervisor(start, RESTART_LIMITS, { receive: () => {}, lost });
  const started = supervisor.start();
  started.catch(() => {});
  await supervisor.stop();
  await expect(started).rejects.toThrow("the engine was stopped before its model was loaded");
  expect(supervisor.isDead).toBe(true);
  expect(start).toHaveBeenCalledTimes(1);
  expect(lost).not.toHaveBeenCalled();
});

import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";

test("a line of the log carries severity and message as Cloud Logging reads them", () => {
  const script = `
    const { createLogger } = require("./runtime/src/logger");
    const logger = createLogger("debug");
    logger.trace("not shown");
    logger.debug("d"); logger.info("i"); logger.warn("w"); logger.error("e"); logger.fatal("f");`;
  const output = execFileSync(process.execPath, ["--require", "tsx/cjs", "-e", script], { encoding: "utf8" });
  const lines = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ severity, message }) => [severity, message])).toEqual([
    ["DEBUG", "d"],
    ["INFO", "i"],
    ["WARNING", "w"],
    ["ERROR", "e"],
    ["CRITICAL", "f"],
  ]);
});

test("a log that cannot be written stops nobody", () => {
  const script = `
    const { createLogger } = require("./runtime/src/logger");
    const logger = createLogger("info");
    for (let line = 0; line < 100; line++) logger.info("x".repeat(100_000));
    setTimeout(() => console.error("still here"), 10);`;
  const full = openSync("/dev/full", "w");
  const { status, stderr } = spawnSync(process.execPath, ["--require", "tsx/cjs", "-e", script], {
    encoding: "utf8",
    stdio: ["ignore", full, "pipe"],
  });
  closeSync(full);
  expect(stderr).toBe("still here\n");
  expect(status).toBe(0);
});

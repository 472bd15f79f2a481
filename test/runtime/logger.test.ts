import { execFileSync } from "node:child_process";

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

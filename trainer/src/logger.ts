import { type Level, type Logger, pino } from "pino";
import type { TrainerConfig } from "./config";

/** Cloud Logging's severities (cloud.google.com/logging/docs/structured-logging); it files other levels as DEFAULT. */
const severities: Readonly<Record<Level, string>> = {
  trace: "DEBUG",
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
  fatal: "CRITICAL",
};

/** A logger that writes a line of JSON per event to standard output, at once, so that a kill loses none. */
export function createLogger(level: TrainerConfig["logLevel"]): Logger {
  const formatters = { level: (label: string) => ({ severity: severities[label as Level] }) };
  const output = pino.destination({ dest: 1, sync: true });
  // A log that cannot be written is no reason to stop training, and there is nowhere to say so.
  output.on("error", () => {});
  return pino({ level, messageKey: "message", formatters }, output);
}

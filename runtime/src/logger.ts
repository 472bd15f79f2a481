import { type Level, type Logger, pino } from "pino";
import type { RuntimeConfig } from "./config";

/** Cloud Logging's severities (cloud.google.com/logging/docs/structured-logging); it files other levels as DEFAULT. */
const severities: Readonly<Record<Level, string>> = {
  trace: "DEBUG",
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
  fatal: "CRITICAL",
};

/** A logger that writes a line of JSON per event to standard output, as Google's and other collectors read them. */
export function createLogger(level: RuntimeConfig["logLevel"]): Logger {
  const formatters = { level: (label: string) => ({ severity: severities[label as Level] }) };
  // Written at once: what is logged right before the process ends must come out, and in order.
  return pino({ level, messageKey: "message", formatters }, pino.destination({ dest: 1, sync: true }));
}

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

/** Bytes of lines that may wait while standard output takes none, a full disk for example; further ones are dropped. */
const UNWRITTEN_BYTES_MAX = 1024 * 1024;

/** A logger that writes a line of JSON per event to standard output, as Google's and other collectors read them. */
export function createLogger(level: RuntimeConfig["logLevel"]): Logger {
  const formatters = { level: (label: string) => ({ severity: severities[label as Level] }) };
  // Written at once: what is logged right before the process ends must come out, and in order.
  const output = pino.destination({ dest: 1, sync: true, maxLength: UNWRITTEN_BYTES_MAX });
  // A log that cannot be written is no reason to stop serving, and there is nowhere to say so.
  output.on("error", () => {});
  return pino({ level, messageKey: "message", formatters }, output);
}

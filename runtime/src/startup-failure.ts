import { RuntimeConfigError } from "./config";
import { CheckpointError } from "./model/checkpoint-error";

/** What keeps the runtime from starting, for the one who started it: a line each, with the remedy. */
export function explainStartupFailure(cause: unknown): string {
  if (cause instanceof RuntimeConfigError || cause instanceof CheckpointError)
    return cause.findings.join("\n");
  const { code, address, port, syscall } = cause as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  if (code === "EADDRINUSE") return `port ${port} of ${address} is taken: choose another one`;
  if (code === "EACCES" && port !== undefined)
    return `port ${port} of ${address} needs privileges: choose one above 1023`;
  // What the system refuses names the file and needs no stack.
  if (cause instanceof Error && syscall !== undefined) return cause.message;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

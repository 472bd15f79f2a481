import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A process that serves, and what it printed. */
export type ChildServer = Readonly<{
  process: ChildProcess;
  output(): string;
  /** The exit code; the process's own end is waited for. */
  exit: Promise<number | null>;
}>;

export type ChildOptions = Readonly<{
  cwd: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** Numeric user to run as; only root can choose one. */
  uid?: number;
  /** Start a process group of its own, so that a signal can reach all of it as Ctrl-C does. */
  detached?: boolean;
}>;

export function startChild(
  command: readonly string[],
  { cwd, env = process.env, uid, detached }: ChildOptions,
): ChildServer {
  const child = spawn(command[0], command.slice(1), {
    cwd,
    env: env as NodeJS.ProcessEnv,
    uid,
    detached,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  return { process: child, output: () => output, exit: once(child, "close").then(([code]) => code) };
}

/** Waits until the output matches; throws what the process printed if it ends before. */
export async function printed(server: ChildServer, pattern: RegExp): Promise<RegExpExecArray> {
  let ended = false;
  void server.exit.then(() => {
    ended = true;
  });
  for (;;) {
    const match = pattern.exec(server.output());
    if (match) return match;
    if (ended) throw new Error(`ended without printing ${pattern}:\n${server.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

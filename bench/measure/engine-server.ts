import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { type ChildServer, printed, startChild } from "../../test/support/child-server";
import type { BuiltRuntime } from "./built-runtime";

/** The runtime's settings as its environment variables; those of a host and a port are the benchmark's. */
export type ServerSettings = Readonly<Record<string, string | number>>;

/** Random weights fall into loops, which drafts would find: figures about anything else are taken without them. */
export const WITHOUT_DRAFTS: ServerSettings = { PLINTH_SPECULATIVE_TOKENS: 0 };

/** The engine behind HTTP, in a process of its own. */
export class EngineServer {
  private constructor(
    private readonly child: ChildServer,
    readonly address: string,
  ) {}

  static async start(
    runtime: BuiltRuntime,
    model: string,
    settings: ServerSettings = {},
  ): Promise<EngineServer> {
    const stated = Object.entries(settings).map(([name, value]) => [name, String(value)]);
    const child = startChild([process.execPath, runtime.main], {
      cwd: process.cwd(),
      env: {
        PATH: process.env.PATH,
        PLINTH_MODEL: model,
        PLINTH_HOST: "127.0.0.1",
        PLINTH_PORT: "0",
        PLINTH_THREADS: String(availableParallelism()),
        ...Object.fromEntries(stated),
      },
    });
    const [, address] = await printed(child, /"address":"([^"]+)".*"serving"/);
    return new EngineServer(child, address);
  }

  /** The sum of a metric's series, 0 where there are none. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.address}/metrics`)).text();
    const lines = text
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  /** The most memory that the process has held, in MiB: Linux's own account of it. */
  peakMemoryMiB(): number {
    const status = readFileSync(`/proc/${this.child.process.pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  }

  async stop(): Promise<void> {
    this.child.process.kill("SIGTERM");
    await this.child.exit;
  }
}

import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PeerOptions, PeerReady, PeerRequest, PeerResult } from "../peer/protocol";
import type { TimedSequence, Wave } from "./timed-sequence";

/** Standard output is for the results. */
const STDERR = 2;
const FOLDER = join(__dirname, "../peer");

/** node-llama-cpp in a process of its own. */
export class PeerProcess {
  private constructor(
    private readonly child: ChildProcess,
    /** Of llama.cpp, as the peer names it. */
    readonly release: string,
  ) {}

  /** Installs the peer where it is missing, which takes the network and about 85 MB. */
  static async start(options: PeerOptions): Promise<PeerProcess> {
    install();
    const child = fork(join(FOLDER, "peer.ts"), [JSON.stringify(options)], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", STDERR, STDERR, "ipc"],
    });
    const { release } = await answer<PeerReady>(child);
    return new PeerProcess(child, release);
  }

  async run(wave: Wave): Promise<readonly TimedSequence[]> {
    const request: PeerRequest = { type: "run", wave };
    this.child.send(request);
    return (await answer<PeerResult>(this.child)).sequences;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, "exit");
    this.child.kill();
    await ended;
  }
}

async function answer<Message>(child: ChildProcess): Promise<Message> {
  const stop = new AbortController();
  const { signal } = stop;
  try {
    return await Promise.race([
      once(child, "message", { signal }).then(([message]) => message as Message),
      once(child, "exit", { signal }).then(([code]) => {
        throw new Error(`the peer's process ended with code ${code} and no answer`);
      }),
    ]);
  } finally {
    stop.abort();
  }
}

function install(): void {
  if (existsSync(join(FOLDER, "node_modules/node-llama-cpp"))) return;
  const { status } = spawnSync("npm", ["ci"], { cwd: FOLDER, stdio: ["ignore", STDERR, STDERR] });
  if (status !== 0) throw new Error(`npm ci in ${FOLDER} ended with ${status}: the peer cannot be measured`);
}

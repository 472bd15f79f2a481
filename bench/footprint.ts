import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { type ChildServer, printed, startChild } from "../test/support/child-server";
import { type BuiltImage, buildDockerfile } from "../test/support/dockerfile";
import { bytesBelow } from "../test/support/folder";

/**
 * `npm run bench:footprint`: what one container of the embedded model costs before it does anything useful: installed
 * size, time to the first answer, peak memory. Builds the image as its Dockerfile says, without an engine.
 */

const RUNS = 5;
const MIB = 1024 * 1024;

async function footprint(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "plinth-footprint-"));
  try {
    const image = buildDockerfile("runtime/Dockerfile", process.cwd(), folder);
    cpSync("models/bard", join(folder, "bard"), { recursive: true });
    const runs: Run[] = [];
    for (let run = 0; run < RUNS; run++) runs.push(await measure(image, join(folder, "bard")));
    const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).stdout.trim();
    console.log(
      `${cpus().length} x ${cpus()[0].model}, Node ${process.version}, commit ${commit}, ${RUNS} runs\n`,
    );
    console.log("| what | median | least | most |\n|---|---|---|---|");
    console.log(`| installed size, MiB | ${(bytesBelow(image.root) / MIB).toFixed(0)} | | |`);
    row("process start to first answer, ms", runs, ({ firstAnswerMs }) => firstAnswerMs);
    row("memory when loaded, MiB", runs, ({ loadedMiB }) => loadedMiB);
    row("peak memory, 64 concurrent completions of 200 tokens, MiB", runs, ({ peakMiB }) => peakMiB);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Run = Readonly<{ firstAnswerMs: number; loadedMiB: number; peakMiB: number }>;

async function measure(image: BuiltImage, model: string): Promise<Run> {
  const began = performance.now();
  const server = startChild(image.command, {
    cwd: join(image.root, image.workdir),
    env: {
      PATH: process.env.PATH,
      ...image.env,
      PLINTH_MODEL: model,
      PLINTH_PORT: "0",
      PLINTH_HOST: "127.0.0.1",
    },
  });
  const [, url] = await printed(server, /"address":"([^"]+)".*"serving"/);
  await complete(url, 1);
  const firstAnswerMs = performance.now() - began;
  const loadedMiB = memoryMiB(server, "VmRSS");
  await Promise.all(Array.from({ length: 64 }, () => complete(url, 200)));
  const peakMiB = memoryMiB(server, "VmHWM");
  server.process.kill("SIGTERM");
  await server.exit;
  return { firstAnswerMs, loadedMiB, peakMiB };
}

async function complete(url: string, tokens: number): Promise<void> {
  const body = JSON.stringify({ model: "bard", prompt: "ROMEO:\n", max_tokens: tokens, ignore_eos: true });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/v1/completions`, { method: "POST", headers, body });
  if (!response.ok) throw new Error(await response.text());
}

/** Linux's own account of a process. */
function memoryMiB(server: ChildServer, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${server.process.pid}/status`, "utf8");
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status) as RegExpExecArray;
  return Number(kib) / 1024;
}

function row(what: string, runs: readonly Run[], figure: (run: Run) => number): void {
  const sorted = runs.map(figure).sort((a, b) => a - b);
  const shown = [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted[sorted.length - 1]].map((n) =>
    n.toFixed(0),
  );
  console.log(`| ${what} | ${shown.join(" | ")} |`);
}

void footprint();

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { withOtherLoad } from "./measure/other-load";
import { medians } from "./measure/statistics";
import { isMet, markdown, provenance, type Section } from "./report";
import type { ProcessUse } from "./synth/process-use";

/**
 * `npm run bench:synth`: what it takes to synthesise the three environments, and how that grows with what is in one: a
 * stack of ten clusters with up to 500 pools. Each run is a process of its own, as each `cdktf synth` is.
 */

const POOLS = [0, 125, 250, 500];

type Use = ProcessUse & Readonly<{ totalMs: number }>;

function measure(script: string, ...args: string[]): Use {
  const outdir = mkdtempSync(join(tmpdir(), "plinth-synth-"));
  try {
    const start = performance.now();
    const output = execFileSync(
      process.execPath,
      ["--import", "tsx", join(__dirname, "synth", script), outdir, ...args],
      { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
    );
    const use: ProcessUse = JSON.parse(output.trim().split("\n").at(-1) ?? "");
    return { ...use, totalMs: performance.now() - start };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** Sizes take turns, so that a busy moment of the machine meets all of them alike. */
function repeated(runs: number): { environments: Use; pools: ReadonlyMap<number, Use> } {
  const environments: Use[] = [];
  const pools = new Map<number, Use[]>(POOLS.map((count) => [count, []]));
  for (let run = 0; run < runs; run++) {
    environments.push(measure("environments-process.ts"));
    for (const [count, uses] of pools) uses.push(measure("pools-process.ts", String(count)));
    console.error(`run ${run + 1} of ${runs}`);
  }
  return {
    environments: medians(environments),
    pools: new Map([...pools].map(([count, uses]) => [count, medians(uses)])),
  };
}

function sectionOf(runs: number): Section {
  const { environments, pools } = repeated(runs);
  const most = POOLS[POOLS.length - 1];
  const base = useOf(pools, 0);
  const perPool = (count: number) => (useOf(pools, count).workMs - base.workMs) / count;
  const perPoolMiB = (count: number) => (useOf(pools, count).keptMiB - base.keptMiB) / count;
  return {
    title: "Synthesis",
    method: `Median of ${runs} runs, each a process of its own by way of tsx, as cdktf runs the app. Pools are of GPUs, in ten clusters of one stack that every rule judges. Kept is what a full collection leaves of the heap; the peak has in it what nobody had collected yet.`,
    tables: [
      {
        columns: ["what", "process, s", "of it synthesis, s", "kept, MiB", "peak, MiB"],
        rows: [
          ["the three environments", ...figures(environments)],
          ...[...pools].map(([count, use]) => [`a stack with ${count} pools`, ...figures(use)]),
        ],
      },
    ],
    targets: [
      {
        what: `time for each pool with ${most} of them, to that with ${POOLS[1]}`,
        value: perPool(most) / perPool(POOLS[1]),
        atMost: 1.1,
      },
      {
        what: `memory that each pool keeps with ${most} of them, to that with ${POOLS[1]}`,
        value: perPoolMiB(most) / perPoolMiB(POOLS[1]),
        atMost: 1.1,
      },
    ],
  };
}

function useOf(pools: ReadonlyMap<number, Use>, count: number): Use {
  const use = pools.get(count);
  if (use === undefined) throw new Error(`${count} pools were not measured`);
  return use;
}

function figures({ totalMs, workMs, keptMiB, peakMiB }: Use): number[] {
  return [totalMs / 1000, workMs / 1000, keptMiB, peakMiB];
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { runs: { type: "string", default: "7" } } });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs takes a whole number from 1");
  const origin = provenance();
  const { result, otherLoad } = await withOtherLoad(async () => sectionOf(runs));
  console.log(markdown(origin, [{ ...result, otherLoad }]));
  const missed = result.targets.filter((target) => !isMet(target)).length;
  console.log(`\n${missed === 0 ? "every target is met" : `${missed} targets are missed`}`);
}

main().catch((cause: unknown) => {
  console.error(cause);
  process.exitCode = 1;
});

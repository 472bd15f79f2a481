import { availableParallelism } from "node:os";
import type { Bench, Scenario, Weights } from "../bench";
import { WITHOUT_DRAFTS } from "../measure/engine-server";
import type { PeerProcess } from "../measure/peer-process";
import { median, medians } from "../measure/statistics";
import type { TimedSequence, Wave } from "../measure/timed-sequence";
import { type WaveFigures, waveFigures } from "../measure/wave-figures";
import type { GgufPrecision } from "../model/gguf-writer";
import type { Cell, Section, Table, Target } from "../report";

const PROMPT_TOKENS = 128;
const OUTPUT_TOKENS = 64;
const CONCURRENCY = [1, 8, 16, 32];

/** What the peer stores weights as that have as many bits: blocks of 32 with a scale each. */
const PEER_PRECISION: Readonly<Record<Weights, GgufPrecision | undefined>> = {
  int8: "Q8_0",
  w8a8: "Q8_0",
  int4: "Q4_0",
  fp32: "F32",
  fp16: undefined,
};

/** Least ratios, ours to the peer's, by precision and concurrency. */
const TARGETS: Partial<
  Record<Weights, Readonly<Record<number, Readonly<{ outputRate: number; decodeRate?: number }>>>>
> = {
  int8: { 1: { outputRate: 1.8 }, 16: { outputRate: 2, decodeRate: 3 } },
  int4: { 1: { outputRate: 1.8 }, 16: { outputRate: 1.7, decodeRate: 2.2 } },
};

type Contestant = Readonly<{ name: string; run(wave: Wave): Promise<readonly TimedSequence[]> }>;

type Run = WaveFigures &
  Readonly<{
    /** Tokens of a sequence before the first that differs from the first contestant's, on the average. */
    alike: number;
  }>;

type Measured = Readonly<{ name: string; runs: readonly Run[] }>;

/** (a) The engine through HTTP against node-llama-cpp on the same weights. */
export const peer: Scenario = {
  name: "peer",
  async run(bench: Bench): Promise<Section> {
    const tables: Table[] = [];
    const targets: Target[] = [];
    let release = "";
    for (const weights of bench.weights) {
      const precision = PEER_PRECISION[weights];
      if (!precision) throw new Error(`the peer has no precision to compare ${weights} with`);
      const peers = await startPeers(bench, bench.models.gguf(precision));
      const { client } = await bench.serve(bench.model(weights), WITHOUT_DRAFTS);
      release = peers[0].process.release;
      const contestants: Contestant[] = [
        { name: `plinth, ${weights}`, run: (wave) => client.run(wave) },
        ...peers.map(({ threads, process }) => ({
          name: `node-llama-cpp, ${precision}, ${threads === 1 ? "1 thread" : `${threads} threads`}`,
          run: (wave: Wave) => process.run(wave),
        })),
      ];
      const rows: Cell[][] = [];
      for (const concurrency of CONCURRENCY) {
        bench.log(`  ${weights}, concurrency ${concurrency}`);
        const [ours, ...theirs] = await compete(bench, contestants, concurrency);
        rows.push([concurrency, ours.name, ...cells(medians(ours.runs)), "", ""]);
        const ratios = theirs.map(({ name, runs }) => {
          const to = {
            outputRate: ratio(ours, runs, "outputRate"),
            decodeRate: ratio(ours, runs, "decodeRate"),
          };
          rows.push([concurrency, name, ...cells(medians(runs)), to.outputRate, to.decodeRate]);
          return to;
        });
        targets.push(...targetsOf(weights, concurrency, ratios[ratios.length - 1]));
      }
      tables.push({
        columns: [
          "concurrency",
          "engine",
          "output tokens/s",
          "decode tokens/s",
          "TTFT ms p50",
          "p99",
          "inter-token ms p50",
          "p99",
          "tokens alike",
          "ours to it: output",
          "decode",
        ],
        rows,
      });
      await bench.stopProcesses();
    }
    return {
      title: "Against node-llama-cpp",
      method:
        `Sequences of ${PROMPT_TOKENS} prompt and ${OUTPUT_TOKENS} output tokens that start together, greedy, the same prompts ` +
        "for both, none like another; repetitions take turns, medians of their figures and of the ratios of neighbours. " +
        `Ours through HTTP with a stream per sequence; the peer (llama.cpp ${release}) inside its own process without HTTP, ` +
        "one context that batches all sequences and takes their prompts in one batch, flash attention on, with one thread " +
        "and with one for each processor, as ours has them: the targets are about the latter. " +
        `Alike are the tokens of ${OUTPUT_TOKENS} before the first that differs from ours: the two round otherwise, and ` +
        "random weights leave the best token little ahead of the second.",
      tables,
      targets,
    };
  },
};

async function startPeers(
  bench: Bench,
  modelPath: string,
): Promise<{ threads: number; process: PeerProcess }[]> {
  const peers = [];
  for (const threads of new Set([1, availableParallelism()])) {
    const process = await bench.startPeer({
      modelPath,
      threads,
      batchSize: 2048,
      flashAttention: true,
      contextSize: PROMPT_TOKENS + OUTPUT_TOKENS + 64,
    });
    peers.push({ threads, process });
  }
  return peers;
}

/** Each repetition gives everyone the same prompts, one after the other; a first one warms up and does not count. */
async function compete(
  bench: Bench,
  contestants: readonly Contestant[],
  concurrency: number,
): Promise<Measured[]> {
  const runs: Run[][] = contestants.map(() => []);
  const repetitions = concurrency === 1 ? bench.pick(9, 3) : bench.pick(5, 1);
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const wave = bench.wave(concurrency, PROMPT_TOKENS, repetition === 0 ? 4 : OUTPUT_TOKENS);
    const results: (readonly TimedSequence[])[] = [];
    // Everyone's turn comes after everyone else's as often.
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (turn + repetition) % contestants.length;
      results[index] = await contestants[index].run(wave);
    }
    if (repetition === 0) continue;
    for (const [index, result] of results.entries())
      runs[index].push({ ...waveFigures(result), alike: meanAlike(results[0], result) });
  }
  return contestants.map(({ name }, index) => ({ name, runs: runs[index] }));
}

function meanAlike(ours: readonly TimedSequence[], theirs: readonly TimedSequence[]): number {
  const alike = ours.map(({ tokenIds }, index) => {
    const first = tokenIds.findIndex((token, at) => token !== theirs[index].tokenIds[at]);
    return first < 0 ? tokenIds.length : first;
  });
  return alike.reduce((sum, tokens) => sum + tokens, 0) / alike.length;
}

function ratio(ours: Measured, theirs: readonly Run[], figure: "outputRate" | "decodeRate"): number {
  return median(ours.runs.map((run, index) => run[figure] / theirs[index][figure]));
}

function cells(run: Run): number[] {
  const { outputRate, decodeRate, ttftMsP50, ttftMsP99, interTokenMsP50, interTokenMsP99, alike } = run;
  return [outputRate, decodeRate, ttftMsP50, ttftMsP99, interTokenMsP50, interTokenMsP99, alike];
}

function targetsOf(
  weights: Weights,
  concurrency: number,
  ratios: Readonly<{ outputRate: number; decodeRate: number }>,
): Target[] {
  const wanted = TARGETS[weights]?.[concurrency];
  if (!wanted) return [];
  const what = (rate: string) => `${rate} rate, ${weights}, concurrency ${concurrency}, ours to the peer's`;
  const output = { what: what("output"), value: ratios.outputRate, atLeast: wanted.outputRate };
  if (wanted.decodeRate === undefined) return [output];
  return [output, { what: what("decode"), value: ratios.decodeRate, atLeast: wanted.decodeRate }];
}

import type { Bench, Scenario, Weights } from "../bench";
import { WITHOUT_DRAFTS } from "../measure/engine-server";
import { median, medians } from "../measure/statistics";
import { type WaveFigures, waveFigures } from "../measure/wave-figures";
import type { Cell } from "../report";

const CONCURRENCY = 16;
const PROMPT_TOKENS = 128;
const OUTPUT_TOKENS = 64;
/** Measured whatever else is: the scale of a whole row leaves a matrix of many rows in integers. */
const MADE_FOR_BATCHES: Weights = "w8a8";

/** (b) What batching is worth: the engine against itself with one sequence at a time. */
export const oneSequence: Scenario = {
  name: "one-sequence",
  async run(bench: Bench) {
    const rows: (readonly Cell[])[] = [];
    const ratios = new Map<Weights, number>();
    for (const weights of new Set<Weights>([...bench.weights, MADE_FOR_BATCHES])) {
      const { batching, single } = await runsOf(bench, weights);
      // Of two engines that wait one could still take processors from the two that are measured.
      await bench.stopProcesses();
      const ratio = median(batching.map((run, index) => run.outputRate / single[index].outputRate));
      ratios.set(weights, ratio);
      rows.push([weights, "default", ...figuresOf(batching), ratio], [weights, "1", ...figuresOf(single), 1]);
    }
    return {
      title: "Against one sequence at a time",
      method:
        `${CONCURRENCY} sequences of ${PROMPT_TOKENS} prompt and ${OUTPUT_TOKENS} output tokens that start together, ` +
        "the same prompts for both, in turns, after as many that do not count; medians.",
      tables: [
        {
          columns: [
            "weights",
            "maxSequences",
            "output tokens/s",
            "TTFT ms p50",
            "inter-token ms p50",
            "ratio",
          ],
          rows,
        },
      ],
      targets: [
        {
          what: `output rate at concurrency ${CONCURRENCY}, batching to one sequence, ${MADE_FOR_BATCHES}`,
          value: ratios.get(MADE_FOR_BATCHES) as number,
          atLeast: 3,
        },
      ],
    };
  },
};

async function runsOf(bench: Bench, weights: Weights) {
  const model = bench.model(weights);
  const batching = await bench.serve(model, WITHOUT_DRAFTS);
  const single = await bench.serve(model, { ...WITHOUT_DRAFTS, PLINTH_MAX_SEQUENCES: 1 });
  const runs = { batching: [] as WaveFigures[], single: [] as WaveFigures[] };
  // The first turn only warms both up: V8 still compiles what serves them, on the same processors.
  for (let turn = 0; turn <= bench.pick(5, 1); turn++) {
    const wave = bench.wave(CONCURRENCY, PROMPT_TOKENS, OUTPUT_TOKENS);
    const both = [waveFigures(await batching.client.run(wave)), waveFigures(await single.client.run(wave))];
    if (turn === 0) continue;
    runs.batching.push(both[0]);
    runs.single.push(both[1]);
  }
  return runs;
}

function figuresOf(runs: readonly WaveFigures[]): number[] {
  const { outputRate, ttftMsP50, interTokenMsP50 } = medians(runs);
  return [outputRate, ttftMsP50, interTokenMsP50];
}

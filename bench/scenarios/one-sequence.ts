import type { Bench, Scenario } from "../bench";
import { WITHOUT_DRAFTS } from "../measure/engine-server";
import { median, medians } from "../measure/statistics";
import { type WaveFigures, waveFigures } from "../measure/wave-figures";

const CONCURRENCY = 16;
const PROMPT_TOKENS = 128;
const OUTPUT_TOKENS = 64;

/** (b) What batching is worth: the engine against itself with one sequence at a time. */
export const oneSequence: Scenario = {
  name: "one-sequence",
  async run(bench: Bench) {
    const [weights] = bench.weights;
    const model = bench.model(weights);
    const batching = await bench.serve(model, WITHOUT_DRAFTS);
    const single = await bench.serve(model, { ...WITHOUT_DRAFTS, PLINTH_MAX_SEQUENCES: 1 });
    const figures = { batching: [] as WaveFigures[], single: [] as WaveFigures[] };
    for (let repetition = 0; repetition <= bench.pick(3, 1); repetition++) {
      const wave = bench.wave(CONCURRENCY, PROMPT_TOKENS, repetition === 0 ? 4 : OUTPUT_TOKENS);
      const both = [waveFigures(await batching.client.run(wave)), waveFigures(await single.client.run(wave))];
      if (repetition === 0) continue;
      figures.batching.push(both[0]);
      figures.single.push(both[1]);
    }
    const ratio = median(
      figures.batching.map((run, index) => run.outputRate / figures.single[index].outputRate),
    );
    const row = (name: string, runs: readonly WaveFigures[]) => {
      const { outputRate, ttftMsP50, interTokenMsP50 } = medians(runs);
      return [name, outputRate, ttftMsP50, interTokenMsP50];
    };
    return {
      title: "Against one sequence at a time",
      method:
        `${weights}; ${CONCURRENCY} sequences of ${PROMPT_TOKENS} prompt and ${OUTPUT_TOKENS} output tokens that start together, ` +
        "the same prompts for both, in turns; medians.",
      tables: [
        {
          columns: ["maxSequences", "output tokens/s", "TTFT ms p50", "inter-token ms p50"],
          rows: [row("default", figures.batching), row("1", figures.single)],
        },
      ],
      targets: [
        {
          what: `output rate at concurrency ${CONCURRENCY}, batching to one sequence`,
          value: ratio,
          atLeast: 3,
        },
      ],
    };
  },
};

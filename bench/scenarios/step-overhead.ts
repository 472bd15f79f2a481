import type { Bench, Scenario, Served } from "../bench";
import { type ServerSettings, WITHOUT_DRAFTS } from "../measure/engine-server";
import { median } from "../measure/statistics";
import { StepTrace, type TracedStep } from "../measure/step-trace";

const BLOCK_SIZE = 16;
const MIXED_SEQUENCES = 32;
const DECODING = 16;
const PROMPT_TOKENS_MIN = 64;
const PROMPT_TOKENS_MAX = 384;
const OUTPUT_TOKENS_MIN = 128;
const OUTPUT_TOKENS_MAX = 384;

/** (h) What the engine wastes: slots that are allocated and hold nothing, and time in which the model does not run. */
export const stepOverhead: Scenario = {
  name: "step-overhead",
  async run(bench: Bench) {
    const [weights] = bench.weights;
    const model = bench.model(weights);
    const traced = async (settings: ServerSettings, work: (served: Served) => Promise<unknown>) => {
      const trace = new StepTrace();
      await work(await bench.serve(model, { ...WITHOUT_DRAFTS, ...settings, ...trace.settings }));
      await bench.stopProcesses();
      return trace.read();
    };
    const roomy = { PLINTH_BLOCK_SIZE: BLOCK_SIZE, PLINTH_KV_CACHE_MIB: 1024 };
    const mixed = (await traced(roomy, (served) => steadyLoad(bench, served))).filter(
      ({ running }) => running === MIXED_SEQUENCES,
    );
    const waves = await traced({}, async ({ client }) => {
      for (let wave = 0; wave < 2; wave++) await client.run(bench.wave(DECODING, 128, bench.pick(256, 64)));
    });
    // The first wave warms up: until then V8 compiles what a step runs, on the same cores.
    const all = waves.filter(({ sequences, tokens }) => sequences === DECODING && tokens === DECODING);
    const decodes = all.slice(all.length / 2);
    const unused = mixed.map(({ unusedSlots, usedBlocks }) => unusedSlots / (usedBlocks * BLOCK_SIZE));
    return {
      title: "Waste",
      method:
        `${weights}; from the step trace. Slots: ${MIXED_SEQUENCES} sequences are kept in flight, prompts of ${PROMPT_TOKENS_MIN} to ` +
        `${PROMPT_TOKENS_MAX} and outputs of ${OUTPUT_TOKENS_MIN} to ${OUTPUT_TOKENS_MAX} tokens, blocks of ${BLOCK_SIZE}; mean over the ${mixed.length} ` +
        `steps after which all of them ran. Time: medians over the ${decodes.length} steps of a second wave in which ${DECODING} sequences decode.`,
      tables: [
        {
          columns: ["step", "ms", "of it outside the run"],
          rows: [
            [
              `${DECODING} decodes`,
              median(decodes.map(wholeMs)),
              median(decodes.map(({ outsideMs }) => outsideMs)),
            ],
            [
              `${MIXED_SEQUENCES} mixed`,
              median(mixed.map(wholeMs)),
              median(mixed.map(({ outsideMs }) => outsideMs)),
            ],
          ],
        },
      ],
      targets: [
        {
          what: `share of allocated slots that hold no token, ${MIXED_SEQUENCES} sequences`,
          value: unused.reduce((sum, share) => sum + share, 0) / unused.length,
          atMost: 0.04,
        },
        {
          what: `share of a step outside the run, ${DECODING} sequences`,
          value: median(decodes.map((step) => step.outsideMs / wholeMs(step))),
          atMost: 0.05,
        },
      ],
    };
  },
};

/** As many callers as sequences, each of which asks again as soon as it is answered. */
async function steadyLoad(bench: Bench, { client }: Served): Promise<void> {
  const between = (least: number, most: number) => least + Math.floor(bench.next() * (most - least + 1));
  const callers = Array.from({ length: MIXED_SEQUENCES }, async () => {
    for (let request = 0; request < bench.pick(3, 2); request++) {
      const prompt = bench.prompt(between(PROMPT_TOKENS_MIN, PROMPT_TOKENS_MAX));
      await client.complete({ prompt, outputTokens: between(OUTPUT_TOKENS_MIN, OUTPUT_TOKENS_MAX) });
    }
  });
  await Promise.all(callers);
}

function wholeMs({ runMs, outsideMs }: TracedStep): number {
  return runMs + outsideMs;
}

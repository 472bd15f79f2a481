import type { Bench, Scenario, Served } from "../bench";
import { WITHOUT_DRAFTS } from "../measure/engine-server";
import { medians } from "../measure/statistics";
import { waveFigures } from "../measure/wave-figures";
import type { LlamaShape } from "../model/random-llama";

const SEQUENCES = 32;
const PROMPT_TOKENS = 128;
const OUTPUT_TOKENS = 128;
/** Caches, and the share of the load that they hold where keys and values are float32. */
const CACHES = [
  { name: "roomy", share: 2 },
  { name: "too small", share: 0.25 },
] as const;

/** (e) A cache that holds a quarter of what the load asks for, against a roomy one. */
export const smallCache: Scenario = {
  name: "small-cache",
  async run(bench: Bench) {
    const [weights] = bench.weights;
    const model = bench.model(weights);
    const served: Served[] = [];
    const mib = CACHES.map(({ share }) => cacheMiB(bench.shape, share));
    for (const size of mib)
      served.push(
        await bench.serve(model, {
          ...WITHOUT_DRAFTS,
          PLINTH_KV_CACHE_MIB: size,
          PLINTH_MAX_MODEL_LEN: 512,
        }),
      );
    const runs = served.map(() => [] as ReturnType<typeof waveFigures>[]);
    let same = 0;
    let whole = 0;
    const repetitions = bench.pick(3, 1);
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const wave = bench.wave(SEQUENCES, PROMPT_TOKENS, OUTPUT_TOKENS);
      const outputs = [];
      for (const [index, { client }] of served.entries()) {
        const sequences = await client.run(wave);
        runs[index].push(waveFigures(sequences));
        outputs.push(sequences);
      }
      const [roomy, small] = outputs;
      whole += small.filter(({ tokenIds }) => tokenIds.length === OUTPUT_TOKENS).length;
      same += small.filter(({ tokenIds }, index) => tokenIds.join() === roomy[index].tokenIds.join()).length;
    }
    const rows = await Promise.all(
      served.map(async ({ server }, index) => {
        const { outputRate, ttftMsP50, ttftMsP99, interTokenMsP99 } = medians(runs[index]);
        const preemptions = (await server.metric("vllm:num_preemptions_total")) / repetitions;
        return [
          CACHES[index].name,
          mib[index],
          outputRate,
          preemptions,
          ttftMsP50,
          ttftMsP99,
          interTokenMsP99,
        ];
      }),
    );
    return {
      title: "A cache too small for the load",
      method:
        `${weights}; ${SEQUENCES} sequences of ${PROMPT_TOKENS} prompt and ${OUTPUT_TOKENS} output tokens that start together; ` +
        `medians over ${repetitions} runs. With the small cache ${whole} of ${SEQUENCES * repetitions} completions came whole, and ` +
        `${same} were token for token those of the roomy one.`,
      tables: [
        {
          columns: [
            "cache",
            "MiB",
            "output tokens/s",
            "preemptions a run",
            "TTFT ms p50",
            "p99",
            "inter-token ms p99",
          ],
          rows,
        },
      ],
      targets: [
        { what: "completions that came whole", value: whole / (SEQUENCES * repetitions), atLeast: 1 },
      ],
    };
  },
};

function cacheMiB({ layers, kvHeads, headDim }: LlamaShape, share: number): number {
  const tokens = SEQUENCES * (PROMPT_TOKENS + OUTPUT_TOKENS);
  return Math.ceil(
    (share * tokens * 2 * layers * kvHeads * headDim * Float32Array.BYTES_PER_ELEMENT) / 2 ** 20,
  );
}

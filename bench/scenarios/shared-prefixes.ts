import type { Bench, Scenario, Served } from "../bench";
import { WITHOUT_DRAFTS } from "../measure/engine-server";
import { median, quantile } from "../measure/statistics";
import { StepTrace } from "../measure/step-trace";
import { waveFigures } from "../measure/wave-figures";

const PREFIX_TOKENS = 1024;
const QUESTION_TOKENS = 16;
const CONCURRENCY = 16;

/** (c) What a cached prefix saves, and what looking for one costs where there is none. */
export const sharedPrefixes: Scenario = {
  name: "prefixes",
  async run(bench: Bench) {
    const [weights] = bench.weights;
    const model = bench.model(weights);
    const traces = { on: new StepTrace(), off: new StepTrace() };
    const on = await bench.serve(model, {
      ...WITHOUT_DRAFTS,
      PLINTH_PREFIX_CACHING: "true",
      ...traces.on.settings,
    });
    const off = await bench.serve(model, {
      ...WITHOUT_DRAFTS,
      PLINTH_PREFIX_CACHING: "false",
      ...traces.off.settings,
    });
    const ttft = await firstTokenTimes(bench, on);
    const cost = await costWithoutHits(bench, on, off);
    await bench.stopProcesses();
    const outside = { on: traces.on.read(), off: traces.off.read() };
    // Steps of the same kind: those in which all sequences decode.
    const perStep = (steps: typeof outside.on) => {
      const decodes = steps.filter(
        ({ sequences, tokens }) => sequences === CONCURRENCY && tokens === CONCURRENCY,
      );
      return {
        outsideMs: median(decodes.map(({ outsideMs }) => outsideMs)),
        wholeMs: median(decodes.map(({ runMs, outsideMs }) => runMs + outsideMs)),
      };
    };
    const steps = { on: perStep(outside.on), off: perStep(outside.off) };
    return {
      title: "Shared prefixes",
      method:
        `${weights}; time to first token of a prompt of ${PREFIX_TOKENS} tokens and ${QUESTION_TOKENS} more, alone, first with a ` +
        "prefix that is new, then with the same one and other tokens after it; medians. The cost without hits: waves of " +
        `${CONCURRENCY} sequences of 128 prompt and 64 output tokens, none like another, with caching and without in turns; ` +
        "medians of the ratios of neighbours, and their quartiles, which say how far they can be trusted.",
      tables: [
        {
          columns: ["prefix", "TTFT ms"],
          rows: [
            ["new", median(ttft.cold)],
            ["cached", median(ttft.warm)],
          ],
        },
        {
          columns: ["prefix caching, no hits", "output tokens/s", "decode step ms", "of it outside the run"],
          rows: [
            ["on", median(cost.on), steps.on.wholeMs, steps.on.outsideMs],
            ["off", median(cost.off), steps.off.wholeMs, steps.off.outsideMs],
            ["on to off, quartiles", cost.ratios.map((ratio) => ratio.toFixed(3)).join(" / "), "", ""],
          ],
        },
      ],
      targets: [
        {
          what: "TTFT with a cached prefix to TTFT with a new one",
          value: median(ttft.warm.map((time, index) => time / ttft.cold[index])),
          atMost: 1 / 8,
        },
        { what: "output rate lost to prefix caching without hits", value: 1 - cost.ratios[1], atMost: 0.01 },
      ],
    };
  },
};

async function firstTokenTimes(
  bench: Bench,
  { client }: Served,
): Promise<{ cold: number[]; warm: number[] }> {
  const times = { cold: [] as number[], warm: [] as number[] };
  const timeToFirst = async (prefix: readonly number[]) => {
    const prompt = [...prefix, ...bench.prompt(QUESTION_TOKENS)];
    const { startedMs, tokenTimesMs } = await client.complete({ prompt, outputTokens: 2 });
    return tokenTimesMs[0] - startedMs;
  };
  await timeToFirst(bench.prompt(PREFIX_TOKENS));
  for (let repetition = 0; repetition < bench.pick(7, 2); repetition++) {
    const prefix = bench.prompt(PREFIX_TOKENS);
    times.cold.push(await timeToFirst(prefix));
    times.warm.push(await timeToFirst(prefix));
  }
  return times;
}

async function costWithoutHits(
  bench: Bench,
  on: Served,
  off: Served,
): Promise<{ on: number[]; off: number[]; ratios: number[] }> {
  const rates = { on: [] as number[], off: [] as number[] };
  for (let repetition = 0; repetition < bench.pick(12, 2); repetition++) {
    const wave = bench.wave(CONCURRENCY, 128, 64);
    // Whoever goes second finds a warmer machine: each goes first as often.
    const order = repetition % 2 === 0 ? (["on", "off"] as const) : (["off", "on"] as const);
    for (const name of order)
      rates[name].push(waveFigures(await { on, off }[name].client.run(wave)).outputRate);
  }
  const ratios = rates.on.map((rate, index) => rate / rates.off[index]);
  return { ...rates, ratios: [0.25, 0.5, 0.75].map((share) => quantile(ratios, share)) };
}

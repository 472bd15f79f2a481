import { setTimeout as delay } from "node:timers/promises";
import type { Bench, Scenario } from "../bench";
import { WITHOUT_DRAFTS } from "../measure/engine-server";
import { median, quantile } from "../measure/statistics";
import type { TimedSequence } from "../measure/timed-sequence";

const DECODING = 8;
const PROMPT_TOKENS = 128;
const LONG_PROMPT_TOKENS = 2000;
/** More than any machine decodes until the long prompt is computed; then they are ended. */
const OUTPUT_TOKENS = 3900;

type Disturbance = Readonly<{ quiet: readonly number[]; disturbed: readonly number[]; ttftMs: number }>;

/** (d) What a long prompt does to the sequences that decode beside it. */
export const longPrompts: Scenario = {
  name: "long-prompts",
  async run(bench: Bench) {
    const [weights] = bench.weights;
    const { client } = await bench.serve(bench.model(weights), WITHOUT_DRAFTS);
    await client.run(bench.wave(DECODING, PROMPT_TOKENS, 8));
    const alone = await client.complete({ prompt: bench.prompt(LONG_PROMPT_TOKENS), outputTokens: 1 });
    const quietMs = bench.pick(2500, 300);
    const runs: Disturbance[] = [];
    for (let repetition = 0; repetition < bench.pick(5, 1); repetition++) {
      const end = new AbortController();
      const decoding = client.run(bench.wave(DECODING, PROMPT_TOKENS, OUTPUT_TOKENS), end.signal);
      // Their prompts take the first of this time, which does not count.
      await delay(2 * quietMs);
      const long = await client.complete({ prompt: bench.prompt(LONG_PROMPT_TOKENS), outputTokens: 1 });
      // The step that computes the last chunk gives the others their tokens too.
      await delay(quietMs);
      end.abort();
      runs.push(disturbance(await decoding, long, quietMs));
    }
    const p99 = (times: readonly number[]) => quantile(times, 0.99);
    const ratio = median(runs.map(({ quiet, disturbed }) => p99(disturbed) / p99(quiet)));
    const row = (name: string, gaps: readonly (readonly number[])[]) => [
      name,
      median(gaps.map(median)),
      median(gaps.map(p99)),
      median(gaps.map((times) => Math.max(...times))),
    ];
    return {
      title: "A long prompt among decodes",
      method:
        `${weights}; ${DECODING} sequences decode, then a prompt of ${LONG_PROMPT_TOKENS} tokens arrives. The others' inter-token ` +
        `times in the ${quietMs / 1000} s before it, and from its arrival to its first token; medians over ${runs.length} runs.`,
      tables: [
        {
          columns: ["inter-token ms of the others", "p50", "p99", "most"],
          rows: [
            row(
              "undisturbed",
              runs.map(({ quiet }) => quiet),
            ),
            row(
              "during the prefill",
              runs.map(({ disturbed }) => disturbed),
            ),
          ],
        },
        {
          columns: ["the long prompt", "TTFT ms"],
          rows: [
            ["alone", alone.tokenTimesMs[0] - alone.startedMs],
            ["among decodes", median(runs.map(({ ttftMs }) => ttftMs))],
          ],
        },
      ],
      targets: [
        {
          what: "p99 of the others' inter-token time, during the prefill to undisturbed",
          value: ratio,
          atMost: 3,
        },
      ],
    };
  },
};

function disturbance(others: readonly TimedSequence[], long: TimedSequence, quietMs: number): Disturbance {
  const [firstTokenMs] = long.tokenTimesMs;
  if (others.some(({ tokenTimesMs }) => (tokenTimesMs.at(-1) as number) < firstTokenMs))
    throw new Error("the decoding sequences ended before the long prompt was computed");
  const gaps = others.flatMap(({ tokenTimesMs }) =>
    tokenTimesMs.slice(1).map((at, index) => ({ from: tokenTimesMs[index], at })),
  );
  const times = (isIn: (gap: { from: number; at: number }) => boolean) =>
    gaps.filter(isIn).map(({ from, at }) => at - from);
  return {
    quiet: times(({ from, at }) => from >= long.startedMs - quietMs && at <= long.startedMs),
    // The step that computes the last chunk ends the gap that the long prompt made longest.
    disturbed: times(({ from, at }) => at > long.startedMs && from < firstTokenMs),
    ttftMs: firstTokenMs - long.startedMs,
  };
}

import { setTimeout as delay } from "node:timers/promises";
import type { Bench, Scenario, Served } from "../bench";
import { RefusedError } from "../measure/completion-client";
import { WITHOUT_DRAFTS } from "../measure/engine-server";
import { quantile } from "../measure/statistics";
import type { TimedSequence } from "../measure/timed-sequence";
import { interTokenMs } from "../measure/wave-figures";
import { poissonArrivals } from "../model/random";

const PROMPT_TOKENS = 128;
const OUTPUT_TOKENS = 64;
const FIRST_RATE = 0.5;
const RATE_STEP = 1.4;
const RATES_MAX = 12;
/** What a user of a chat would put up with. */
const TTFT_MS_MAX = 2000;
const MEAN_INTER_TOKEN_MS_MAX = 150;
/** Latency has broken where fewer than this share of the requests are served in time. */
const GOOD_SHARE_MIN = 0.9;

/** (g) Requests that come when they come, ever more of them, until latency breaks. */
export const openLoop: Scenario = {
  name: "open-loop",
  async run(bench: Bench) {
    const [weights] = bench.weights;
    const served = await bench.serve(bench.model(weights), WITHOUT_DRAFTS);
    await served.client.run(bench.wave(8, PROMPT_TOKENS, 8));
    const rows = [];
    let rate = FIRST_RATE;
    for (let index = 0; index < RATES_MAX; index++, rate *= RATE_STEP) {
      bench.log(`  ${rate.toFixed(2)} requests/s`);
      const { row, goodShare } = await offer(bench, served, rate);
      rows.push(row);
      if (goodShare < GOOD_SHARE_MIN) break;
    }
    return {
      title: "Open-loop arrivals",
      method:
        `${weights}; Poisson arrivals of ${PROMPT_TOKENS} prompt and ${OUTPUT_TOKENS} output tokens, whether or not earlier ones ` +
        `have ended. Good is a request with its first token within ${TTFT_MS_MAX / 1000} s and a mean inter-token time within ` +
        `${MEAN_INTER_TOKEN_MS_MAX} ms; latency has broken where fewer than ${GOOD_SHARE_MIN * 100} % are good.`,
      tables: [
        {
          columns: [
            "offered requests/s",
            "goodput requests/s",
            "good %",
            "output tokens/s",
            "TTFT ms p50",
            "p99",
            "inter-token ms p50",
            "p99",
            "most waiting",
            "refused",
          ],
          rows,
        },
      ],
      targets: [],
    };
  },
};

async function offer(
  bench: Bench,
  { client, server }: Served,
  rate: number,
): Promise<{ row: (string | number)[]; goodShare: number }> {
  const arrivals = poissonArrivals(bench.next, rate, Math.ceil(rate * bench.pick(30, 8)));
  const prompts = arrivals.map(() => bench.prompt(PROMPT_TOKENS));
  const startedMs = performance.now();
  let isOver = false;
  const waiting = mostWaiting(server, () => isOver);
  const results = await Promise.all(
    arrivals.map(async (seconds, index): Promise<TimedSequence | undefined> => {
      await delay(startedMs + seconds * 1000 - performance.now());
      try {
        return await client.complete({ prompt: prompts[index], outputTokens: OUTPUT_TOKENS });
      } catch (cause) {
        if (cause instanceof RefusedError && cause.status === 429) return undefined;
        throw cause;
      }
    }),
  );
  isOver = true;
  const served = results.filter((result) => result !== undefined);
  const seconds = (performance.now() - startedMs) / 1000;
  const good = served.filter(isGood).length;
  const ttft = served.map(({ startedMs: at, tokenTimesMs }) => tokenTimesMs[0] - at);
  const gaps = served.flatMap(interTokenMs);
  const goodShare = good / arrivals.length;
  const row = [
    arrivals.length / (arrivals.at(-1) as number),
    good / seconds,
    goodShare * 100,
    (served.length * OUTPUT_TOKENS) / seconds,
    quantile(ttft, 0.5),
    quantile(ttft, 0.99),
    quantile(gaps, 0.5),
    quantile(gaps, 0.99),
    await waiting,
    arrivals.length - served.length,
  ];
  return { row, goodShare };
}

function isGood({ startedMs, tokenTimesMs }: TimedSequence): boolean {
  const last = tokenTimesMs[tokenTimesMs.length - 1];
  const mean = (last - tokenTimesMs[0]) / Math.max(1, tokenTimesMs.length - 1);
  return tokenTimesMs[0] - startedMs <= TTFT_MS_MAX && mean <= MEAN_INTER_TOKEN_MS_MAX;
}

async function mostWaiting(server: Served["server"], isOver: () => boolean): Promise<number> {
  let most = 0;
  while (!isOver()) {
    most = Math.max(most, await server.metric("vllm:num_requests_waiting"));
    await delay(500);
  }
  return most;
}

import type { Bench, Scenario, Served } from "../bench";
import type { Completion } from "../measure/completion-client";
import { median } from "../measure/statistics";
import { type WaveFigures, waveFigures } from "../measure/wave-figures";
import { PASSAGE_TOKENS } from "../model/model-files";
import { followingToken } from "../model/random-llama";

const SPECULATIVE_TOKENS = 8;
const OUTPUT_TOKENS = 200;
const VERSE = "Away, away! My lord, my lord, away!\n";

type Load = Readonly<{
  name: string;
  model: string;
  /** The completions of one repetition, all at once. */
  completions(): readonly Completion[];
  atLeast?: number;
}>;

/** (f) Speculation by prompt lookup: on text that repeats itself, and what it costs where none does. */
export const repetitiveText: Scenario = {
  name: "speculation",
  async run(bench: Bench) {
    const [weights] = bench.weights;
    const random = bench.model(weights);
    const loads: Load[] = [
      {
        name: `a passage of ${PASSAGE_TOKENS} tokens, recited`,
        model: bench.model(weights, "reciting"),
        completions: () => [{ prompt: recital(bench), outputTokens: OUTPUT_TOKENS }],
        atLeast: 1.5,
      },
      {
        name: "a verse, repeated and then varied (models/bard)",
        model: "models/bard",
        completions: () => [{ prompt: VERSE.repeat(8), outputTokens: OUTPUT_TOKENS }],
      },
      {
        name: "a phrase of 8 random tokens, repeated and then varied",
        model: random,
        completions: () => [{ prompt: repeated(bench.prompt(8), 16), outputTokens: OUTPUT_TOKENS }],
      },
      { name: "nothing repeats", model: random, completions: () => unrepeated(bench, 1) },
      { name: "nothing repeats, 16 sequences", model: random, completions: () => unrepeated(bench, 16) },
      {
        name: "16 sequences, each recites a passage",
        model: bench.model(weights, "reciting"),
        completions: () =>
          Array.from({ length: 16 }, () => ({ prompt: recital(bench), outputTokens: OUTPUT_TOKENS })),
      },
    ];
    const rows = [];
    const targets = [];
    for (const load of loads) {
      bench.log(`  ${load.name}`);
      const { off, on, ratio, identical, accepted } = await compare(bench, load);
      rows.push([load.name, off, on, ratio, accepted, identical]);
      if (load.atLeast)
        targets.push(
          {
            what: `output rate with speculation to that without: ${load.name}`,
            value: ratio,
            atLeast: load.atLeast,
          },
          { what: "share of its completions that are identical", value: identical, atLeast: 1 },
        );
    }
    return {
      title: "Speculation by prompt lookup",
      method:
        `${weights}, but for models/bard; up to ${SPECULATIVE_TOKENS} drafted tokens, greedy, ${OUTPUT_TOKENS} output tokens; with and ` +
        "without in turns, medians. The reciting model has the random model's shape, and an output head that makes every " +
        "draft right: the most that speculation can bring. The varied texts are what drafts do when they are often wrong.",
      tables: [
        {
          columns: [
            "text",
            "output tokens/s without",
            "with",
            "ratio",
            "drafted tokens accepted",
            "identical completions",
          ],
          rows,
        },
      ],
      targets,
    };
  },
};

async function compare(bench: Bench, load: Load) {
  const served = {
    off: await bench.serve(load.model, { PLINTH_SPECULATIVE_TOKENS: 0 }),
    on: await bench.serve(load.model, { PLINTH_SPECULATIVE_TOKENS: SPECULATIVE_TOKENS }),
  };
  const runs = { off: [] as WaveFigures[], on: [] as WaveFigures[] };
  let same = 0;
  let all = 0;
  for (let repetition = 0; repetition <= bench.pick(5, 1); repetition++) {
    const completions = load.completions();
    const off = await complete(served.off, completions);
    const on = await complete(served.on, completions);
    if (repetition === 0) continue;
    runs.off.push(waveFigures(off));
    runs.on.push(waveFigures(on));
    all += off.length;
    same += off.filter(({ tokenIds }, index) => tokenIds.join() === on[index].tokenIds.join()).length;
  }
  const drafted = await served.on.server.metric("vllm:spec_decode_num_draft_tokens_total");
  const accepted = await served.on.server.metric("vllm:spec_decode_num_accepted_tokens_total");
  await bench.stopProcesses();
  return {
    off: median(runs.off.map(({ outputRate }) => outputRate)),
    on: median(runs.on.map(({ outputRate }) => outputRate)),
    ratio: median(runs.on.map(({ outputRate }, index) => outputRate / runs.off[index].outputRate)),
    identical: same / all,
    accepted: drafted === 0 ? "none drafted" : `${accepted} of ${drafted}`,
  };
}

function complete({ client }: Served, completions: readonly Completion[]) {
  return Promise.all(completions.map((completion) => client.complete(completion)));
}

/** Somewhere in a passage, and on from there until it has come twice. */
function recital(bench: Bench): number[] {
  const [first] = bench.prompt(1);
  const tokens = [first];
  while (tokens.length < 2 * PASSAGE_TOKENS)
    tokens.push(followingToken(tokens[tokens.length - 1], bench.shape.vocabSize, PASSAGE_TOKENS));
  return tokens;
}

function repeated(phrase: readonly number[], times: number): number[] {
  return Array.from({ length: times }, () => phrase).flat();
}

function unrepeated(bench: Bench, sequences: number): Completion[] {
  return Array.from({ length: sequences }, () => ({
    prompt: bench.prompt(128),
    outputTokens: OUTPUT_TOKENS,
  }));
}

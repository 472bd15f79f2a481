import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Bench, type Weights } from "./bench";
import { withOtherLoad } from "./measure/other-load";
import { isMet, type MeasuredSection, markdown, provenance, sectionMarkdown } from "./report";
import { scenarios } from "./scenarios/index";

const WEIGHTS: readonly Weights[] = ["int8", "w8a8", "int4", "fp16", "fp32"];

const HELP = `npm run bench -- [scenario ...] [options]

Measures the engine through HTTP and prints tables. Without a scenario: all of them.

  scenarios       ${scenarios.map(({ name }) => name).join(", ")}
  --weights LIST  precisions of the weights (${WEIGHTS.join(", ")}); scenarios of one take the first   [int8,int4]
  --trial         a small model and few repetitions: to see that everything runs, in a minute
  --seed N        of prompts and arrivals   [1]
  --json FILE     write the results there too
  --markdown FILE write the tables there too
  --cache DIR     where the models are made, about 1.6 GB   [bench/.cache]
  --help          show this`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      weights: { type: "string", default: "int8,int4" },
      trial: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      json: { type: "string" },
      markdown: { type: "string" },
      cache: { type: "string", default: join(__dirname, ".cache") },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const chosen = choose("scenario", positionals, scenarios, ({ name }) => name);
  const weights = choose("precision", values.weights.split(","), WEIGHTS, (name) => name);
  const bench = new Bench({
    cacheFolder: resolve(values.cache),
    weights,
    isTrial: values.trial,
    seed: Number(values.seed),
    log: (line) => console.error(line),
  });
  const origin = provenance();
  const sections: MeasuredSection[] = [];
  for (const { name, run } of chosen) {
    bench.log(`${name} ...`);
    try {
      const { result, otherLoad } = await withOtherLoad(() => run(bench));
      const section = { ...result, otherLoad };
      bench.log(`\n${sectionMarkdown(section)}\n`);
      sections.push(section);
    } finally {
      await bench.stopProcesses();
    }
  }
  const tables = markdown(origin, sections);
  console.log(tables);
  if (values.markdown) write(values.markdown, `${tables}\n`);
  if (values.json) write(values.json, `${JSON.stringify({ ...origin, sections }, null, 2)}\n`);
  const missed = sections.flatMap(({ targets }) => targets).filter((target) => !isMet(target));
  console.log(`\n${missed.length === 0 ? "every target is met" : `${missed.length} targets are missed`}`);
}

/** The known values by name, all where none is asked for, in the order asked for. */
function choose<Known>(
  what: string,
  asked: readonly string[],
  known: readonly Known[],
  nameOf: (value: Known) => string,
): readonly Known[] {
  if (asked.length === 0) return known;
  return asked.map((name) => {
    const found = known.find((value) => nameOf(value) === name);
    if (found) return found;
    throw new Error(`unknown ${what} ${JSON.stringify(name)}: known are ${known.map(nameOf).join(", ")}`);
  });
}

function write(file: string, text: string): void {
  const path = resolve(process.env.INIT_CWD ?? process.cwd(), file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

main().catch((cause: unknown) => {
  console.error(cause);
  process.exitCode = 1;
});

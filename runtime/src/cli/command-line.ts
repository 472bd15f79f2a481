import { parseArgs } from "node:util";
import { weightPrecisions } from "../config";
import type { WeightPrecision } from "../model/manifest";
import { UsageError } from "./usage-error";

export const HELP = `plinth-runtime [serve]
    Serves a model until SIGTERM or SIGINT. Settings come from PLINTH_* variables:
    docs/reference/runtime-configuration.md

plinth-runtime convert DIR OUT --weights ${weightPrecisions.join("|")}
    Makes an artifact of the checkpoint in DIR: its weights in another precision, with a manifest.

plinth-runtime verify DIR
    Compares every file of an artifact with its manifest.

plinth-runtime evaluate A [B] --text FILE [--window N] [--stride N] [--threads N] [--json]
    Measures the perplexity of one or two checkpoints or artifacts on a text file.
    --window N   tokens that the model sees at a time   [512, or what the model can]
    --stride N   tokens from one window to the next     [half of the window]
    --threads N  threads of one matrix operation        [the processors available]
    --json       print the result as JSON

plinth-runtime --help, -h
    Shows this.`;

export type Command =
  | Readonly<{ name: "serve" }>
  | Readonly<{ name: "help" }>
  | Readonly<{ name: "convert"; source: string; out: string; weights: WeightPrecision }>
  | Readonly<{ name: "verify"; directory: string }>
  | Readonly<{
      name: "evaluate";
      directories: readonly string[];
      text: string;
      window?: number;
      stride?: number;
      threads?: number;
      json: boolean;
    }>;

type Name = Command["name"];
type Values = Readonly<Record<string, string | boolean | undefined>>;

/** What each command takes: how many directories, and which options. */
const FORMS = {
  serve: { directories: [0, 0], options: [] },
  convert: { directories: [2, 2], options: ["weights"] },
  verify: { directories: [1, 1], options: [] },
  evaluate: { directories: [1, 2], options: ["text", "window", "stride", "threads", "json"] },
} as const satisfies Partial<
  Record<Name, { directories: readonly [number, number]; options: readonly string[] }>
>;

/**
 * Reads the arguments behind the program's name.
 * @throws UsageError with everything that is wrong with them
 */
export function parseCommandLine(args: readonly string[]): Command {
  const { values, positionals } = parsed(args);
  if (values.help) return { name: "help" };
  const [first = "serve", ...directories] = positionals;
  if (!isKnown(first))
    throw new UsageError([`unknown command ${first}; known are ${Object.keys(FORMS).join(", ")}`]);
  const findings: string[] = [];
  const {
    directories: [least, most],
    options,
  } = FORMS[first];
  if (directories.length < least || directories.length > most) {
    const wanted = least === most ? `${least}` : `${least} or ${most}`;
    findings.push(`${first} takes ${wanted} directories, got ${directories.length}`);
  }
  for (const option of Object.keys(values))
    if (!(options as readonly string[]).includes(option)) findings.push(`${first} takes no --${option}`);
  const command = build(first, directories, values, findings);
  if (findings.length > 0) throw new UsageError(findings);
  return command;
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        weights: { type: "string" },
        text: { type: "string" },
        window: { type: "string" },
        stride: { type: "string" },
        threads: { type: "string" },
        json: { type: "boolean" },
      },
    });
  } catch (cause) {
    throw new UsageError([(cause as Error).message.replaceAll("\n", " ")]);
  }
}

function isKnown(name: string): name is keyof typeof FORMS {
  return Object.hasOwn(FORMS, name);
}

function build(
  name: keyof typeof FORMS,
  directories: readonly string[],
  values: Values,
  findings: string[],
): Command {
  if (name === "serve") return { name };
  if (name === "verify") return { name, directory: directories[0] };
  if (name === "convert") {
    const weights = weightPrecisions.find((precision) => precision === values.weights);
    if (!weights)
      findings.push(
        `--weights must be one of ${weightPrecisions.join(", ")}, got ${values.weights ?? "nothing"}`,
      );
    return { name, source: directories[0], out: directories[1], weights: weights as WeightPrecision };
  }
  const count = (option: "window" | "stride" | "threads", least: number) => {
    const value = values[option];
    if (value === undefined) return undefined;
    if (/^\d+$/.test(String(value)) && Number(value) >= least) return Number(value);
    findings.push(`--${option} must be a whole number from ${least}, got ${value}`);
    return undefined;
  };
  const [window, stride, threads] = [count("window", 2), count("stride", 1), count("threads", 1)];
  if (window !== undefined && stride !== undefined && stride >= window)
    findings.push(`--stride must be below --window ${window}, got ${stride}`);
  if (values.text === undefined) findings.push("evaluate needs --text FILE");
  return {
    name,
    directories,
    text: String(values.text),
    window,
    stride,
    threads,
    json: values.json === true,
  };
}

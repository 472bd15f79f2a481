import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { convertCheckpoint } from "../artifacts/convert";
import type { Progress } from "../artifacts/progress";
import { verifyArtifact } from "../artifacts/verify";
import { measurePerplexity, type Perplexity } from "../evaluation/perplexity";
import { openCheckpoint } from "../model/checkpoint";
import type { Command } from "./command-line";
import { UsageError } from "./usage-error";

/** Commands that do their work and end, unlike serving. */
export type FiniteCommand = Exclude<Command, { name: "serve" | "help" }>;

const WINDOW = 512;

/**
 * Runs a command and returns what it has to say on standard output.
 * @throws CheckpointError, UsageError and what the file system throws
 */
export async function runCommand(
  command: FiniteCommand,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> {
  if (command.name === "convert") {
    const { source, out, weights } = command;
    const { files, parameters } = await convertCheckpoint(source, out, { weights, progress, signal });
    return `${out}: ${millions(parameters)} parameters as ${weights}, ${sizeOf(files)} in ${files.length} files`;
  }
  if (command.name === "verify") {
    const { files, weights } = await verifyArtifact(command.directory, progress);
    return `${command.directory}: ${weights}, ${files.length} files, ${sizeOf(files)}, all as the manifest has them`;
  }
  return evaluate(command, progress);
}

async function evaluate(
  { directories, text: file, window, stride, threads, json }: Extract<Command, { name: "evaluate" }>,
  progress: Progress,
): Promise<string> {
  const text = readText(file);
  // Both see as much, or the figures would not compare.
  const longest = Math.min(...directories.map((directory) => openCheckpoint(directory).config.maxPositions));
  const seen = window ?? Math.min(WINDOW, longest);
  const options = {
    window: seen,
    stride: stride ?? Math.max(1, Math.floor(seen / 2)),
    threads: threads ?? availableParallelism(),
  };
  if (options.stride >= seen)
    throw new UsageError([`--stride must be below the window of ${seen} tokens, got ${options.stride}`]);
  const results: (Omit<Perplexity, "tokenIds"> & { model: string })[] = [];
  const texts: string[] = [];
  for (const model of directories) {
    const { tokenIds, ...result } = await measurePerplexity(model, text, { ...options, progress });
    results.push({ model, ...result });
    texts.push(tokenIds.join());
  }
  const [first, second] = results;
  const difference = second && {
    perplexityPercent: (second.perplexity / first.perplexity - 1) * 100,
    bitsPerByte: second.bitsPerByte - first.bitsPerByte,
    sameTokens: texts[0] === texts[1],
  };
  const { window: shown, stride: step } = options;
  if (json)
    return JSON.stringify(
      { text: file, window: shown, stride: step, models: results, difference },
      undefined,
      2,
    );
  const table = [
    ["model", "tokens", "perplexity", "bits per byte"],
    ...results.map(({ model, tokens, perplexity, bitsPerByte }) => [
      basename(model),
      String(tokens),
      perplexity.toFixed(4),
      bitsPerByte.toFixed(4),
    ]),
  ];
  const lines = table.map((cells) =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(24) : cell.padStart(14))).join(""),
  );
  if (!difference) return lines.join("\n");
  const signed = (value: number, digits: number) => `${value < 0 ? "" : "+"}${value.toFixed(digits)}`;
  const perplexity = difference.sameTokens ? `${signed(difference.perplexityPercent, 2)}%` : "other tokens";
  return [
    ...lines,
    `${"difference".padEnd(38)}${perplexity.padStart(14)}${signed(difference.bitsPerByte, 4).padStart(14)}`,
  ].join("\n");
}

/** @throws UsageError */
function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new UsageError([`--text ${file} cannot be read: ${(cause as Error).message}`]);
  }
  if (!isUtf8(bytes)) throw new UsageError([`--text ${file} is no UTF-8: name a file of text`]);
  return bytes.toString("utf8");
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} M`;
}

function sizeOf(files: readonly Readonly<{ bytes: number }>[]): string {
  return `${(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1024 ** 2).toFixed(1)} MiB`;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..");
const fixtures = join(root, "test", "fixtures", "checkpoints");

/** One prompt and what the reference implementation makes of it. */
export type GoldenCase = Readonly<{
  text?: string;
  prompt: number[];
  last_logits: number[];
  greedy: number[];
  /** The smallest gap between the best and the second-best logit on the greedy path. */
  min_margin: number;
}>;

export type GoldenCheckpoint = Readonly<{ name: string; directory: string; cases: readonly GoldenCase[] }>;

/** The model that `npm start` serves, with its reference answers. */
export const bard = golden("bard", join(root, "models", "bard"));

/** Tiny random weights, no tokenizer, with the reference's answers. */
export const llama = fixture("llama");

/** One of each family, and Llama also with the rope scaling of Llama 3. */
export const familyCheckpoints: readonly GoldenCheckpoint[] = [
  llama,
  ...["llama3-rope", "mistral-sliding", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi3"].map(fixture),
];

function fixture(name: string): GoldenCheckpoint {
  return golden(name, join(fixtures, name));
}

function golden(name: string, directory: string): GoldenCheckpoint {
  return {
    name,
    directory,
    cases: JSON.parse(readFileSync(join(fixtures, name, "golden.json"), "utf8")).cases,
  };
}

import { readFileSync } from "node:fs";
import { JobConfigError, trainerVariables } from "./config";
import { digest } from "./generation";
import { Random } from "./random";

/** Characters to predict, each with the characters before it. */
export type Batch = Readonly<{
  size: number;
  /** `contextLength` characters for each to predict, one row after the other. */
  contexts: Uint16Array;
  targets: Uint16Array;
}>;

/** A text as numbers: each character is its place in the vocabulary. */
export class Text {
  readonly characters: Uint16Array;
  readonly vocabulary: readonly string[];
  readonly sha256: string;

  constructor(content: string) {
    const characters = Array.from(content);
    this.vocabulary = [...new Set(characters)].sort();
    const places = new Map(this.vocabulary.map((character, place) => [character, place]));
    this.characters = Uint16Array.from(characters, (character) => places.get(character) as number);
    this.sha256 = digest(content);
  }

  /** @throws JobConfigError where there is no such file, or too little in it */
  static fromFile(file: string, contextLength: number): Text {
    const fault = (rule: string) =>
      new JobConfigError([{ variable: trainerVariables.textFile, rule, got: JSON.stringify(file) }]);
    let content: string;
    try {
      content = readFileSync(file, "utf8");
    } catch (cause) {
      throw fault(`cannot be read: ${cause instanceof Error ? cause.message : cause}`);
    }
    const text = new Text(content);
    if (text.characters.length <= contextLength)
      throw fault(`must hold more than ${trainerVariables.contextLength} (${contextLength}) characters`);
    if (text.vocabulary.length > 65_536) throw fault("must hold at most 65536 different characters");
    return text;
  }

  /** The data of a step: a function of the seed and the step alone. */
  batch(seed: number, step: number, size: number, contextLength: number): Batch {
    const random = new Random(seed, step);
    const contexts = new Uint16Array(size * contextLength);
    const targets = new Uint16Array(size);
    for (let row = 0; row < size; row++) {
      const start = random.below(this.characters.length - contextLength);
      contexts.set(this.characters.subarray(start, start + contextLength), row * contextLength);
      targets[row] = this.characters[start + contextLength];
    }
    return { size, contexts, targets };
  }
}

import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { writeCheckpoint } from "./checkpoint-writer";
import { type GgufPrecision, writeGguf } from "./gguf-writer";
import { type LlamaShape, randomLlama } from "./random-llama";

/** Weights without sense, or such that recite passages: as many and as large, so each step costs the same. */
export type ModelKind = "random" | "reciting";

/** Tokens of a passage that the reciting model repeats. */
export const PASSAGE_TOKENS = 50;

/** Where the benchmarks' models lie, so that each is made once. */
export class ModelFiles {
  /** @param folder for models of this shape alone */
  constructor(
    private readonly folder: string,
    private readonly shape: LlamaShape,
  ) {
    mkdirSync(folder, { recursive: true });
  }

  /** The Hugging Face directory of float32 weights. */
  checkpoint(kind: ModelKind): string {
    const options = kind === "reciting" ? { passageTokens: PASSAGE_TOKENS } : {};
    return this.once(`${kind}-checkpoint`, (path) =>
      writeCheckpoint(path, this.shape, randomLlama(this.shape, options)),
    );
  }

  /** The weights of the random model for the peer. */
  gguf(precision: GgufPrecision): string {
    return this.once(`${precision}.gguf`, (path) =>
      writeGguf(path, this.shape, randomLlama(this.shape), precision),
    );
  }

  /** Makes what is missing; what an interrupted run left half done has another name. */
  once(name: string, make: (path: string) => void): string {
    const path = join(this.folder, name);
    if (existsSync(path)) return path;
    const unfinished = `${path}.unfinished`;
    make(unfinished);
    renameSync(unfinished, path);
    return path;
  }
}

import type { Checkpoint } from "./checkpoint";

/**
 * Bytes of weights that computing a step reads, however many its tokens: all of them in float32, but for an embedding
 * table of its own, of which a step reads its tokens' rows alone.
 */
export function weightBytes({ config, parameters }: Checkpoint): number {
  const lookedUp = config.tieWordEmbeddings ? 0 : config.vocabSize * config.hiddenSize;
  return (parameters - lookedUp) * Float32Array.BYTES_PER_ELEMENT;
}

import { InferenceSession, type Tensor } from "onnxruntime-node";
import type { TokenScores } from "../sampling/token-scores";
import type { Checkpoint } from "./checkpoint";
import { buildDecoderGraph, decoderOutputs } from "./decoder-graph";
import { tensorNames } from "./decoder-tensors";
import { EmbeddingTable } from "./embedding-table";
import type { KvCachePrecision } from "./kv-cache-precision";
import { KvPool } from "./kv-pool";
import { addsSignedProductsExactly, unsignedWeights } from "./quantization/int8-products";
import { quantizedForm } from "./quantization/stored-weights";
import { scoreOutputs } from "./score-head";
import type { StepBatch, StepResult } from "./step-batch";
import { type ScoredRow, type StepFeeds, stepFeeds } from "./step-feeds";

export type ModelRunnerOptions = Readonly<{
  blockSize: number;
  /** Blocks of the pool, the null block among them. */
  blocks: number;
  maxModelLen: number;
  threads: number;
  kvCachePrecision: KvCachePrecision;
}>;

type Outputs = Readonly<Record<string, Tensor>>;

/**
 * For how long a thread that waits for its part of a matrix looks for one before it sleeps. By default it looks on for
 * so long that it takes the processor from whoever serves HTTP meanwhile, which the whole step then waits for: on two
 * shared processors w8a8 made 523 tokens/s for 16 sequences so, and 675 with this; not at all makes 632, and 149
 * instead of 183 for one sequence.
 */
const SPIN_US = "300";

/** Runs batches on a session and keeps the KV cache. */
export class ModelRunner {
  private constructor(
    private readonly session: InferenceSession,
    private readonly embeddings: EmbeddingTable,
    private readonly pool: KvPool,
    private readonly blockSize: number,
    /** Per layer the names of its new keys and values. */
    private readonly cacheRows: readonly (readonly [keys: string, values: string])[],
  ) {}

  static async create(checkpoint: Checkpoint, options: ModelRunnerOptions): Promise<ModelRunner> {
    const session = await InferenceSession.create(buildDecoderGraph(checkpoint, options), {
      intraOpNumThreads: options.threads,
      // Patterns are kept per shape, and the shapes of continuous batching do not repeat: memory would only grow.
      enableMemPattern: false,
      extra: {
        session: {
          model_external_initializers_file_folder_path: checkpoint.weightsDirectory,
          intra_op: { spin_duration_us: SPIN_US },
          ...(isMultipliedInRows(checkpoint) && !(await addsSignedProductsExactly()) && unsignedWeights),
        },
      },
    });
    const embeddings = EmbeddingTable.read(checkpoint, tensorNames.embedding);
    const pool = new KvPool(checkpoint.config, options.blocks, options.blockSize, options.kvCachePrecision);
    const cacheRows = Array.from(
      { length: checkpoint.config.layers },
      (_, layer) => [decoderOutputs.newKeys(layer), decoderOutputs.newValues(layer)] as const,
    );
    return new ModelRunner(session, embeddings, pool, options.blockSize, cacheRows);
  }

  /**
   * Computes the batch's tokens, writes their keys and values into the cache and returns what sampling needs. Where
   * it throws, the cache holds nothing new that a block table would show.
   */
  async run(batch: StepBatch): Promise<StepResult> {
    for (const block of batch.clears ?? []) this.pool.clearBlock(block);
    for (const { from, to } of batch.copies) this.pool.copyBlock(from, to);
    const step = stepFeeds(batch, this.blockSize);
    this.embeddings.feed(step.feeds, step.tokenIds);
    this.pool.feed(step.feeds);
    const fetches = this.fetches(step);
    const began = performance.now();
    const outputs = await this.session.run(step.feeds, fetches);
    const sessionSeconds = (performance.now() - began) / 1000;
    for (const [layer, [keys, values]] of this.cacheRows.entries()) {
      this.pool.write(this.pool.keys[layer], outputs[keys], step.slots);
      this.pool.write(this.pool.values[layer], outputs[values], step.slots);
    }
    const scores = step.scored.map((rows) => rows.map((row) => this.scores(outputs, row)));
    return { scores, sessionSeconds };
  }

  async release(): Promise<void> {
    await this.session.release();
  }

  private fetches({ wantsBest, wantsTop, wantsAll }: StepFeeds): string[] {
    const { bestIds, bestLogits, topScores, logits } = scoreOutputs;
    return [
      ...this.cacheRows.flat(),
      ...(wantsBest ? [bestIds, bestLogits] : []),
      ...(wantsTop ? [topScores] : []),
      ...(wantsAll ? [logits] : []),
    ];
  }

  private scores(outputs: Outputs, { wanted, at }: ScoredRow): TokenScores {
    const floats = (name: string) => outputs[name].data as Float32Array;
    const row = (name: string) => {
      const [, width] = outputs[name].dims;
      return floats(name).subarray(at * width, (at + 1) * width);
    };
    switch (wanted.kind) {
      case "best": {
        const ids = outputs[scoreOutputs.bestIds].data as BigInt64Array;
        return { kind: "best", tokenId: Number(ids[at]), logit: floats(scoreOutputs.bestLogits)[at] };
      }
      case "all":
        return { kind: "all", logits: row(scoreOutputs.logits) };
      case "top": {
        const scores = row(scoreOutputs.topScores);
        const few = (scores.length - 2) / 2;
        const [best, share, scaledShare] = [scores[0], scores[2 * few], scores[2 * few + 1]];
        return {
          kind: "top",
          logits: scores.subarray(0, few),
          tokenIds: Int32Array.from(scores.subarray(few, 2 * few)),
          logSumExp: best - Math.log(share),
          scaledLogSumExp: best / wanted.temperature - Math.log(scaledShare),
        };
      }
    }
  }
}

function isMultipliedInRows({ tensors }: Checkpoint): boolean {
  return [...tensors.values()].some((tensor) => quantizedForm(tensor) === "rows");
}

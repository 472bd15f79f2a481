import { availableParallelism } from "node:os";
import { type ServedWeights, servedWeights } from "../artifacts/served-weights";
import type { RuntimeConfig } from "../config";
import { blockBytes, poolBlocksMax } from "../model/block-bytes";
import type { Checkpoint } from "../model/checkpoint";
import { CheckpointFindings } from "../model/checkpoint-error";
import type { KvCachePrecision } from "../model/kv-cache-precision";
import type { SchedulerLimits } from "./scheduler";

/** What the engine makes of a checkpoint under a configuration. Plain data: it crosses to the engine's thread. */
export type EnginePlan = Readonly<{
  /** Tokens of the longest sequence, prompt and completion together. */
  maxModelLen: number;
  maxPromptTokens: number;
  blockSize: number;
  /** Usable blocks. */
  blocks: number;
  /** Bytes of the KV cache. */
  cacheBytes: number;
  kvCachePrecision: KvCachePrecision;
  threads: number;
  /** Blocks that an earlier sequence computed for the same tokens are shared. */
  prefixCaching: boolean;
  /** Prompt tokens that may wait. */
  maxQueuedTokens: number;
  weights: ServedWeights;
  limits: SchedulerLimits;
}>;

const MIB = 1024 * 1024;
/** How many caches full of prompts may wait where the configuration does not say. */
const QUEUED_CACHES = 8;

/**
 * Derives lengths and cache size.
 * @throws CheckpointError with every finding where the configuration asks for what the checkpoint cannot do
 */
export function planEngine(checkpoint: Checkpoint, config: RuntimeConfig): EnginePlan {
  const { maxPositions } = checkpoint.config;
  const { blockSize, maxSequences, kvCachePrecision } = config;
  const maxModelLen = config.maxModelLen ?? maxPositions;
  const maxPromptTokens = config.maxPromptTokens ?? maxModelLen - 1;
  const blocksPerSequence = Math.ceil(maxModelLen / blockSize);
  const bytes = blockBytes(checkpoint.config, blockSize, kvCachePrecision);
  const affordable = Math.floor((config.kvCacheMiB * MIB) / bytes);
  const blocks = Math.min(affordable, maxSequences * blocksPerSequence);
  // The null block is one of the pool's.
  const possible = poolBlocksMax(checkpoint.config, blockSize) - 1;
  const found = new CheckpointFindings();
  const weights = found.attempt(() => servedWeights(checkpoint, config));
  const findings: string[] = [];
  if (maxModelLen > maxPositions)
    findings.push(
      `maxModelLen ${maxModelLen} exceeds the checkpoint's max_position_embeddings ${maxPositions}: lower it`,
    );
  if (maxPromptTokens >= maxModelLen)
    findings.push(
      `maxPromptTokens ${maxPromptTokens} leaves no room for a completion: it must be below maxModelLen ${maxModelLen}`,
    );
  if (affordable < blocksPerSequence)
    findings.push(
      `kvCacheMiB ${config.kvCacheMiB} holds ${affordable * blockSize} tokens, one sequence of maxModelLen ${maxModelLen} ` +
        `needs ${Math.ceil((blocksPerSequence * bytes) / MIB)} MiB: raise kvCacheMiB or lower maxModelLen`,
    );
  if (blocks > possible)
    findings.push(
      `kvCacheMiB ${config.kvCacheMiB} makes ${blocks} blocks of ${blockSize} tokens, and the arrays that hold them end at ` +
        `${possible}: lower kvCacheMiB to ${Math.floor((possible * bytes) / MIB)}`,
    );
  found.add(findings);
  found.throwIfAny();
  return {
    maxModelLen,
    maxPromptTokens,
    blockSize,
    blocks,
    cacheBytes: blocks * bytes,
    kvCachePrecision,
    threads: config.threads ?? availableParallelism(),
    prefixCaching: config.prefixCaching,
    maxQueuedTokens: config.maxQueuedTokens ?? QUEUED_CACHES * blocks * blockSize,
    limits: {
      maxSequences,
      maxBatchedTokens: config.maxBatchedTokens,
      prefillChunkTokens: config.prefillChunkTokens,
      schedulingPolicy: config.schedulingPolicy,
      maxDecodeSlowdown: config.maxDecodeSlowdown,
      speculativeTokens: config.speculativeTokens,
    },
    weights: weights as ServedWeights,
  };
}

import { getLlama, type LlamaContext, type LlamaModel, type Token } from "node-llama-cpp";
import type { TimedSequence, Wave } from "../measure/timed-sequence.js";
import type { PeerOptions, PeerReady, PeerRequest, PeerResult } from "./protocol.js";

/**
 * node-llama-cpp in a process of its own, measured inside it: no HTTP, no text, one call per sequence. It holds one
 * context per number of sequences, which batches them, and samples greedily.
 */
async function serve(options: PeerOptions): Promise<void> {
  const llama = await getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    maxThreads: options.threads,
    // It warns that the vocabulary has no end-of-generation token of a known name, which is so.
    logLevel: "error" as never,
  });
  const model = await llama.loadModel({ modelPath: options.modelPath });
  const peer = new Peer(model, options);
  process.on("message", async ({ wave }: PeerRequest) => {
    const result: PeerResult = { type: "result", sequences: await peer.run(wave) };
    process.send?.(result);
  });
  const ready: PeerReady = { type: "ready", release: String(llama.llamaCppRelease.release) };
  process.send?.(ready);
}

class Peer {
  private readonly contexts = new Map<number, LlamaContext>();

  constructor(
    private readonly model: LlamaModel,
    private readonly options: PeerOptions,
  ) {}

  async run({ prompts, outputTokens }: Wave): Promise<TimedSequence[]> {
    const context = await this.context(prompts.length);
    const sequences = prompts.map(() => context.getSequence());
    const startedMs = performance.now();
    const timed = await Promise.all(
      sequences.map(async (sequence, index) => {
        const tokenIds: number[] = [];
        const tokenTimesMs: number[] = [];
        const tokens = sequence.evaluate(prompts[index] as Token[], { temperature: 0, yieldEogToken: true });
        for await (const token of tokens) {
          tokenTimesMs.push(performance.now());
          tokenIds.push(token);
          if (tokenIds.length === outputTokens) break;
        }
        return { startedMs, tokenIds, tokenTimesMs };
      }),
    );
    for (const sequence of sequences) sequence.dispose();
    return timed;
  }

  private async context(sequences: number): Promise<LlamaContext> {
    const existing = this.contexts.get(sequences);
    if (existing) return existing;
    const { threads, batchSize, flashAttention, contextSize } = this.options;
    const created = await this.model.createContext({
      sequences,
      contextSize,
      batchSize,
      flashAttention,
      threads: { ideal: threads, min: threads },
    });
    this.contexts.set(sequences, created);
    return created;
  }
}

await serve(JSON.parse(process.argv[2]) as PeerOptions);

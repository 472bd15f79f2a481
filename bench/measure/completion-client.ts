import { Agent, request } from "node:http";
import { completionTimes } from "./completion-events";
import type { TimedSequence, Wave } from "./timed-sequence";

export type Completion = Readonly<{
  prompt: string | readonly number[];
  outputTokens: number;
  /** Ends the request; its completion is then what has come. */
  signal?: AbortSignal;
}>;

/** A request that got no completion, with its status and body. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    body: string,
  ) {
    super(`HTTP ${status}: ${body}`);
    this.name = "RefusedError";
  }
}

/**
 * Streams completions as cheaply as Node can, since the engine shares the processors: connections are kept, chunks
 * are only stamped as they come, and are read when the completion has ended.
 */
export class CompletionClient {
  private readonly agent = new Agent({ keepAlive: true, noDelay: true });

  constructor(private readonly address: string) {}

  /** A greedy completion of exactly so many tokens, or fewer where the signal ends it. */
  complete({ prompt, outputTokens, signal }: Completion): Promise<TimedSequence> {
    const body = JSON.stringify({
      prompt,
      max_tokens: outputTokens,
      temperature: 0,
      ignore_eos: true,
      stream: true,
      return_token_ids: true,
    });
    return new Promise((resolve, reject) => {
      const startedMs = performance.now();
      const chunks: Buffer[] = [];
      const chunkTimesMs: number[] = [];
      const finish = () => {
        try {
          resolve({ startedMs, ...completionTimes(chunks, chunkTimesMs) });
        } catch (cause) {
          reject(cause);
        }
      };
      const fail = (cause: Error) => (signal?.aborted ? finish() : reject(cause));
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const sent = request(
        `${this.address}/v1/completions`,
        { method: "POST", agent: this.agent, headers, signal },
        (response) => {
          response.on("error", fail);
          response.on("data", (chunk: Buffer) => {
            chunks.push(chunk);
            chunkTimesMs.push(performance.now());
          });
          response.on("end", () => {
            const status = response.statusCode as number;
            if (status === 200) finish();
            else reject(new RefusedError(status, Buffer.concat(chunks).toString()));
          });
        },
      );
      sent.on("error", fail);
      sent.end(body);
    });
  }

  /** All prompts at once. */
  run({ prompts, outputTokens }: Wave, signal?: AbortSignal): Promise<readonly TimedSequence[]> {
    return Promise.all(prompts.map((prompt) => this.complete({ prompt, outputTokens, signal })));
  }

  close(): void {
    this.agent.destroy();
  }
}

import type { TimedSequence } from "./timed-sequence";

type Event = Readonly<{
  choices?: readonly Readonly<{ token_ids?: readonly number[] }>[];
  error?: Readonly<{ message: string }>;
}>;

/**
 * The tokens in a stream of server-sent events, each with the time of the chunk that ended its event.
 * @throws Error where the stream reports an error
 */
export function completionTimes(
  chunks: readonly Buffer[],
  chunkTimesMs: readonly number[],
): Pick<TimedSequence, "tokenIds" | "tokenTimesMs"> {
  const tokenIds: number[] = [];
  const tokenTimesMs: number[] = [];
  let rest = "";
  chunks.forEach((chunk, index) => {
    const events = (rest + chunk.toString("latin1")).split("\n\n");
    rest = events.pop() as string;
    for (const event of events) {
      const data = event.slice("data: ".length);
      if (data === "[DONE]") continue;
      const { choices, error } = JSON.parse(data) as Event;
      if (error) throw new Error(`the stream ended with an error: ${error.message}`);
      for (const token of choices?.[0]?.token_ids ?? []) {
        tokenIds.push(token);
        tokenTimesMs.push(chunkTimesMs[index]);
      }
    }
  });
  return { tokenIds, tokenTimesMs };
}

import { setImmediate } from "node:timers/promises";
import { RuntimeError } from "../../../runtime/src/errors";
import { eventStream } from "../../../runtime/src/server/event-stream";
import { chatCompletionFormat, textCompletionFormat } from "../../../runtime/src/server/response-format";
import type { Choice } from "../../../runtime/src/server/served-model";
import type { TextDelta } from "../../../runtime/src/text/text-stream";

type Step = TextDelta | Error;

/** A choice that gives these deltas, or throws; and how far it got. */
function choiceOf(steps: readonly Step[]) {
  const state = { given: 0, aborted: false };
  const choice: Choice = {
    promptTokenIds: [1, 2],
    isFirstOfPrompt: true,
    cachedTokens: () => 1,
    abort: () => {
      state.aborted = true;
    },
    deltas: (async function* () {
      for (const step of steps) {
        if (state.aborted) return;
        if (step instanceof Error) throw step;
        state.given++;
        yield step;
      }
    })(),
  };
  return { choice, state };
}

const words = (count: number, size = 1): TextDelta[] =>
  Array.from({ length: count }, (_, index) => ({
    text: "x".repeat(size),
    tokenIds: [index],
    ...(index === count - 1 && { finishReason: "length" as const }),
  }));

const tokenText = (tokenId: number) => ({ text: `<${tokenId}>`, bytes: [tokenId], isWhole: true });

const reportFault = jest.fn();
beforeEach(() => reportFault.mockClear());

const stream = (choices: readonly Choice[], fields: object = {}, format = textCompletionFormat) =>
  eventStream({ model: { name: "m", tokenText }, choices, fields, format }, reportFault);

async function eventsOf(readable: AsyncIterable<Buffer>): Promise<string[]> {
  let text = "";
  for await (const piece of readable) text += piece;
  return text
    .trimEnd()
    .split("\n\n")
    .map((event) => event.slice("data: ".length));
}

describe("a stream of events", () => {
  test("ends with [DONE] after the chunks of every choice", async () => {
    const events = await eventsOf(stream([choiceOf(words(3)).choice, choiceOf(words(2)).choice]));
    expect(events.pop()).toBe("[DONE]");
    const choices = events.map((event) => JSON.parse(event).choices[0]);
    expect(choices.filter(({ index }) => index === 0).map(({ finish_reason }) => finish_reason)).toEqual([
      null,
      null,
      "length",
    ]);
    expect(choices.filter(({ index }) => index === 1)).toHaveLength(2);
  });

  test("skips tokens without text unless their ids are asked for", async () => {
    const deltas = [{ text: "", tokenIds: [5] }, ...words(1)];
    expect(await eventsOf(stream([choiceOf(deltas).choice]))).toHaveLength(2);
    const withIds = await eventsOf(stream([choiceOf(deltas).choice], { return_token_ids: true }));
    expect(JSON.parse(withIds[0]).choices[0]).toMatchObject({ token_ids: [5], prompt_token_ids: [1, 2] });
    expect(JSON.parse(withIds[1]).choices[0]).not.toHaveProperty("prompt_token_ids");
  });

  test("gives a chat's prompt ids beside the choices, once", async () => {
    const events = await eventsOf(
      stream([choiceOf(words(2)).choice], { return_token_ids: true }, chatCompletionFormat),
    );
    const [opening, ...rest] = events.slice(0, -1).map((event) => JSON.parse(event));
    expect(opening).toMatchObject({ prompt_token_ids: [1, 2], choices: [{ delta: { role: "assistant" } }] });
    for (const chunk of rest) expect(JSON.stringify(chunk)).not.toContain("prompt_token_ids");
  });

  test("gives every token's log probabilities, also of those without text", async () => {
    const scored = (tokenId: number, textOffset: number) => ({
      tokenIds: [tokenId],
      scoredTokens: [{ tokenId, logprob: -1, topLogprobs: [{ tokenId: 9, logprob: -0.5 }], textOffset }],
    });
    const deltas: TextDelta[] = [
      { text: "", ...scored(5, 0) },
      { text: "xy", ...scored(6, 0), finishReason: "stop" },
    ];
    const completion = await eventsOf(stream([choiceOf(deltas).choice]));
    expect(completion.slice(0, -1).map((event) => JSON.parse(event).choices[0].logprobs)).toEqual([
      { tokens: ["<5>"], token_logprobs: [-1], top_logprobs: [{ "<5>": -1, "<9>": -0.5 }], text_offset: [0] },
      { tokens: ["<6>"], token_logprobs: [-1], top_logprobs: [{ "<6>": -1, "<9>": -0.5 }], text_offset: [0] },
    ]);
    const chat = await eventsOf(stream([choiceOf(deltas).choice], {}, chatCompletionFormat));
    const [, first] = chat.map((event) => (event === "[DONE]" ? {} : JSON.parse(event)));
    expect(first.choices[0].logprobs).toEqual({
      content: [
        {
          token: "<5>",
          logprob: -1,
          bytes: [5],
          top_logprobs: [{ token: "<9>", logprob: -0.5, bytes: [9] }],
        },
      ],
      refusal: null,
    });
  });

  test("counts a prompt once for all its choices, and tells of each choice so far where asked", async () => {
    const second = { ...choiceOf(words(2)).choice, isFirstOfPrompt: false };
    const options = { stream_options: { include_usage: true, continuous_usage_stats: true } };
    const events = await eventsOf(stream([choiceOf(words(3)).choice, second], options));
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event));
    const details = { prompt_tokens_details: { cached_tokens: 1 } };
    expect(chunks.at(-1).usage).toEqual({
      prompt_tokens: 2,
      completion_tokens: 5,
      total_tokens: 7,
      ...details,
    });
    const ofSecond = chunks.filter(({ choices }) => choices[0]?.index === 1);
    expect(ofSecond.map(({ usage }) => usage)).toEqual([
      { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3, ...details },
      { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4, ...details },
    ]);
  });

  test("tells of an error, ends the other choices, and then ends itself", async () => {
    const failing = choiceOf([...words(2).slice(0, 1), new RuntimeError("engine_error", "lost")]);
    const other = choiceOf(words(1_000));
    const events = await eventsOf(stream([failing.choice, other.choice]));
    expect(other.state.aborted).toBe(true);
    expect(other.state.given).toBeLessThan(1_000);
    expect(events.pop()).toBe("[DONE]");
    expect(JSON.parse(events.pop() as string)).toEqual({
      error: { message: "lost", type: "server_error", param: null, code: "engine_error" },
    });
    expect(reportFault).not.toHaveBeenCalled();
  });

  test("tells its client of an error that is not for clients no more than that there was one", async () => {
    const cause = new TypeError("cannot read /srv/model/secret");
    const events = await eventsOf(stream([choiceOf([...words(2).slice(0, 1), cause]).choice]));
    expect(events.pop()).toBe("[DONE]");
    expect(JSON.parse(events.pop() as string)).toEqual({
      error: { message: "internal error", type: "server_error", param: null, code: "engine_error" },
    });
    expect(reportFault.mock.calls).toEqual([[cause]]);
  });

  test.each([1, 30])(
    "waits for a client that reads slowly, and piles up no listeners (%i choices)",
    async (count) => {
      const all = Array.from({ length: count }, () => choiceOf(words(400, 1_000)));
      const [{ state }] = all;
      const readable = stream(all.map(({ choice }) => choice));
      for (let turn = 0; turn < 50; turn++) await setImmediate();
      expect(state.given).toBeLessThan(100);
      const listeners: number[] = [];
      let pieces = 0;
      for await (const _ of readable) {
        pieces++;
        listeners.push(readable.listenerCount("close"));
      }
      expect(pieces).toBeGreaterThan(20);
      expect(Math.max(...listeners)).toBeLessThan(6);
      expect(state.given).toBe(400);
    },
  );

  test("comes to an end when its client has gone", async () => {
    const { choice, state } = choiceOf(words(400, 1_000));
    const readable = stream([choice]);
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    readable.destroy();
    for (let turn = 0; turn < 2_000 && state.given < 400; turn++) await setImmediate();
    expect(state.given).toBe(400);
  });
});

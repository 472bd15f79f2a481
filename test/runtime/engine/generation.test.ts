import { Generation } from "../../../runtime/src/engine/generation";
import type { FinishReason } from "../../../runtime/src/engine/sequence";
import { RuntimeError } from "../../../runtime/src/errors";

function generation() {
  const tellEngine = jest.fn();
  return { generation: new Generation(1, [1, 2], tellEngine), tellEngine };
}

const token = (tokenId: number, finishReason?: FinishReason) => ({
  id: 1,
  tokens: [{ tokenId }],
  finishReason,
  scheduledAt: 5,
  cachedTokens: 0,
});

async function collect(generation: Generation): Promise<number[]> {
  const tokens: number[] = [];
  for await (const { tokenId } of generation) tokens.push(tokenId);
  return tokens;
}

describe("a generation", () => {
  test("gives the tokens that came before anyone listened", async () => {
    const { generation: given } = generation();
    given.deliver(token(7));
    given.deliver(token(8, "length"));
    expect(await collect(given)).toEqual([7, 8]);
  });

  test("gives the tokens that come while someone listens", async () => {
    const { generation: given } = generation();
    const tokens = collect(given);
    await Promise.resolve();
    given.deliver(token(7));
    await new Promise(setImmediate);
    given.deliver(token(8));
    given.deliver(token(9, "stop"));
    expect(await tokens).toEqual([7, 8, 9]);
  });

  test("gives tokens that come while the listener is busy with an earlier one", async () => {
    const { generation: given } = generation();
    given.deliver(token(7));
    const tokens: number[] = [];
    for await (const { tokenId } of given) {
      tokens.push(tokenId);
      if (tokenId === 7) {
        given.deliver(token(8));
        given.deliver(token(9, "length"));
      }
    }
    expect(tokens).toEqual([7, 8, 9]);
  });

  test("says with its last token why it ended", async () => {
    const { generation: given, tellEngine } = generation();
    given.deliver(token(7, "length"));
    for await (const { finishReason } of given) expect(finishReason).toBe("length");
    expect([given.hasEnded, given.endedBy]).toEqual([true, "length"]);
    expect(tellEngine).not.toHaveBeenCalled();
  });

  test("knows when it was scheduled, when its first and last tokens came and when it ended", () => {
    const { generation: given } = generation();
    expect([given.arrivedAt, given.scheduledAt, given.endedAt]).toEqual([1, undefined, undefined]);
    given.deliver(token(7));
    given.deliver(token(8, "stop"));
    expect(given.scheduledAt).toBe(5);
    expect([given.tokens, given.cachedTokens]).toEqual([2, 0]);
    expect(given.lastTokenAt).toBeGreaterThanOrEqual(given.firstTokenAt as number);
    expect(given.endedAt).toBeGreaterThanOrEqual(given.lastTokenAt as number);
  });

  test("gives several tokens of one step, the last of them with the reason", async () => {
    const { generation: given } = generation();
    given.deliver({ ...token(7, "length"), tokens: [{ tokenId: 7 }, { tokenId: 8 }], cachedTokens: 5 });
    const tokens = [];
    for await (const { tokenId, finishReason } of given) tokens.push([tokenId, finishReason]);
    expect(tokens).toEqual([
      [7, undefined],
      [8, "length"],
    ]);
    expect([given.tokens, given.cachedTokens]).toEqual([2, 5]);
  });

  test("ignores what comes after its end", async () => {
    const { generation: given } = generation();
    given.deliver(token(7, "stop"));
    given.deliver(token(8));
    given.fail(new Error("late"));
    given.abort();
    expect(given.endedBy).toBe("stop");
    expect(await collect(given)).toEqual([7]);
  });
});

describe("a generation that fails", () => {
  test("gives the tokens that it has and then the error", async () => {
    const { generation: given } = generation();
    given.deliver(token(7));
    given.fail(new Error("no more"));
    const tokens: number[] = [];
    const read = async () => {
      for await (const { tokenId } of given) tokens.push(tokenId);
    };
    await expect(read()).rejects.toThrow("no more");
    expect(tokens).toEqual([7]);
    expect(given.endedBy).toBe("error");
  });

  test("turns the engine's error into one with a code", async () => {
    const { generation: given, tellEngine } = generation();
    given.deliver({ id: 1, error: "out of memory", code: "engine_error" });
    const failure = await collect(given).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(RuntimeError);
    expect(failure).toMatchObject({
      code: "engine_error",
      message: expect.stringContaining("its log says why"),
    });
    expect(tellEngine).not.toHaveBeenCalled();
  });

  test("turns a deadline that has passed into an error of its own", async () => {
    const { generation: given } = generation();
    given.deliver({ id: 1, error: "too late", code: "deadline_exceeded" });
    await expect(collect(given)).rejects.toMatchObject({ code: "deadline_exceeded" });
  });

  test("wakes the one that listens", async () => {
    const { generation: given } = generation();
    const tokens = collect(given);
    await new Promise(setImmediate);
    given.fail(new Error("gone"));
    await expect(tokens).rejects.toThrow("gone");
  });
});

describe("a generation that is aborted", () => {
  test("tells the engine, once", () => {
    const { generation: given, tellEngine } = generation();
    given.abort();
    given.abort();
    expect(tellEngine).toHaveBeenCalledTimes(1);
    expect(given.endedBy).toBe("abort");
  });

  test("ends as stopped where its client has all it asked for", () => {
    const { generation: given, tellEngine } = generation();
    given.abort("stop");
    expect(tellEngine).toHaveBeenCalledTimes(1);
    expect(given.endedBy).toBe("stop");
  });

  test("wakes the one that listens, without an error", async () => {
    const { generation: given } = generation();
    const tokens = collect(given);
    await new Promise(setImmediate);
    given.abort();
    expect(await tokens).toEqual([]);
  });

  test.each([
    ["leaves the loop", "break"],
    ["throws within the loop", "throw"],
  ])("is so when its listener %s", async (_, leave) => {
    const { generation: given, tellEngine } = generation();
    given.deliver(token(7));
    given.deliver(token(8));
    const read = async () => {
      for await (const { tokenId } of given) {
        expect(tokenId).toBe(7);
        if (leave === "throw") throw new Error("left");
        break;
      }
    };
    await read().catch(({ message }) => expect(message).toBe("left"));
    expect(tellEngine).toHaveBeenCalledTimes(1);
    expect(given.endedBy).toBe("abort");
  });
});

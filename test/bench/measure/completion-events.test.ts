import { completionTimes } from "../../../bench/measure/completion-events";

const event = (tokenIds: readonly number[]) =>
  `data: ${JSON.stringify({ choices: [{ text: "né", token_ids: tokenIds }] })}\n\n`;

describe("the tokens of an event stream", () => {
  test("have the time of the chunk in which their event ends, wherever chunks are cut", () => {
    const bytes = Buffer.from(`${event([1])}${event([2, 3])}${event([])}${event([4])}data: [DONE]\n\n`);
    const firstEnd = Buffer.byteLength(event([1]));
    for (let cut = 1; cut < bytes.length; cut++) {
      const { tokenIds, tokenTimesMs } = completionTimes(
        [bytes.subarray(0, cut), bytes.subarray(cut)],
        [10, 20],
      );
      expect(tokenIds).toEqual([1, 2, 3, 4]);
      expect(tokenTimesMs[0]).toBe(cut >= firstEnd ? 10 : 20);
      expect(tokenTimesMs[1]).toBe(tokenTimesMs[2]);
    }
  });

  test("end with the error that the stream reports", () => {
    const failed = Buffer.from(`${event([1])}data: {"error":{"message":"out of luck"}}\n\n`);
    expect(() => completionTimes([failed], [1])).toThrow("out of luck");
  });
});

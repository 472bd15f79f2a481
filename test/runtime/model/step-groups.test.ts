import fc from "fast-check";
import type { BatchEntry, StepBatch } from "../../../runtime/src/model/step-batch";
import { groupStep } from "../../../runtime/src/model/step-groups";
import { lastLogits } from "../../support/scores";

const entry = (start: number, count = 1): BatchEntry => ({
  ...lastLogits,
  tokenIds: Array(count).fill(1),
  start,
  blocks: [],
});

const decodesOf = (...starts: number[]): StepBatch => ({
  copies: [],
  decodes: starts.map((start) => entry(start)),
  prefills: [],
});

const starts = (entries: readonly BatchEntry[]) => entries.map(({ start }) => start);

/** Tokens that attention reads when every sequence of a group is padded to the longest. */
const padded = (entries: readonly BatchEntry[]) => entries.length * Math.max(0, ...starts(entries));

describe("the groups in which a step attends", () => {
  test("keep decodes of like length together", () => {
    const { decodes, chunks } = groupStep(decodesOf(100, 120, 110));
    expect(starts(decodes).sort()).toEqual([100, 110, 120]);
    expect(chunks).toEqual([]);
  });

  test("set apart a sequence that is much longer than the others", () => {
    const { decodes, chunks } = groupStep(decodesOf(100, 2_000, 110));
    expect(starts(decodes)).toEqual([100, 110]);
    expect(starts(chunks)).toEqual([2_000]);
  });

  test("leave the decodes alone where a prompt needs the other group", () => {
    const batch = { ...decodesOf(100, 2_000), prefills: [entry(0, 64)] };
    expect(groupStep(batch)).toEqual({ decodes: batch.decodes, chunks: batch.prefills });
  });

  test("hold every sequence once and never read more than one group would", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_000), { maxLength: 20 }), (lengths) => {
        const batch = decodesOf(...lengths);
        const { decodes, chunks } = groupStep(batch);
        expect(new Set([...decodes, ...chunks])).toEqual(new Set(batch.decodes));
        expect(decodes.length + chunks.length).toBe(lengths.length);
        expect(padded(decodes) + padded(chunks)).toBeLessThanOrEqual(padded(batch.decodes));
      }),
    );
  });
});

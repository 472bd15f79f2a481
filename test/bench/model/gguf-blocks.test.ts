import fc from "fast-check";
import { BLOCK_WEIGHTS, quantizeQ4, quantizeQ8, toFloat16 } from "../../../bench/model/gguf-blocks";
import { dequantized, fromFloat16 } from "../../support/gguf-reader";

const block = fc
  .array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: BLOCK_WEIGHTS, maxLength: BLOCK_WEIGHTS })
  .map((values) => Float32Array.from(values));

const restored = (type: number, data: Buffer) =>
  dequantized({ name: "weight", dimensions: [32], type, data });

/** What float16 takes from a scale, at worst: a half in 2^11, or half of its smallest step. */
const scaleError = (scale: number) => Math.max(scale * 2 ** -11, 2 ** -25);

const largestDifference = (values: readonly number[], others: Float32Array) =>
  Math.max(...values.map((value, index) => Math.abs(value - others[index])));

describe("blocks of 32 weights", () => {
  test("in eight bits are off by half a quant, and by what float16 takes from the scale", () => {
    fc.assert(
      fc.property(block, (values) => {
        const scale = Math.max(...values.map(Math.abs)) / 127;
        const bound = scale / 2 + 128 * scaleError(scale) + 1e-7;
        expect(largestDifference(restored(8, quantizeQ8(values)), values)).toBeLessThanOrEqual(bound);
      }),
    );
  });

  test("in four bits are off by half a quant, but for the end of the range that has one quant less", () => {
    fc.assert(
      fc.property(block, (values) => {
        const scale = Math.max(...values.map(Math.abs)) / 8;
        const bound = scale + 8 * scaleError(scale) + 1e-6;
        expect(largestDifference(restored(2, quantizeQ4(values)), values)).toBeLessThanOrEqual(bound);
      }),
    );
  });

  test("keep what their quants hold exactly, in the place where it was", () => {
    const eight = Float32Array.from(
      { length: 64 },
      (_, index) => (index % 32 === 31 ? -127 : index - 20) * 0.25,
    );
    expect(restored(8, quantizeQ8(eight))).toEqual([...eight]);
    const four = Float32Array.from({ length: 64 }, (_, index) => ((index % 16) - 8) * 0.5);
    expect(restored(2, quantizeQ4(four))).toEqual([...four]);
  });

  test("of zeros stay zeros", () => {
    const zeros = new Float32Array(32);
    expect(restored(8, quantizeQ8(zeros)).every((value) => value === 0)).toBe(true);
    expect(restored(2, quantizeQ4(zeros)).every((value) => value === 0)).toBe(true);
  });
});

describe("float16", () => {
  test("comes back with the same bits, whichever they are", () => {
    const all = Array.from({ length: 2 ** 16 }, (_, bits) => bits);
    const isNotANumber = (bits: number) => Number.isNaN(fromFloat16(bits));
    const numbers = all.filter((bits) => !isNotANumber(bits));
    expect(numbers.filter((bits) => toFloat16(fromFloat16(bits)) !== bits)).toEqual([]);
    expect(toFloat16(Number.NaN)).toBe(0x7e00);
  });

  test.each([
    ["halfway to the next goes to the even one, below", 1 + 2 ** -11, 0x3c00],
    ["halfway to the next goes to the even one, above", 1 + 3 * 2 ** -11, 0x3c02],
    ["just over halfway goes up", 1 + 2 ** -11 + 2 ** -20, 0x3c01],
    ["the largest that is finite", 65_519, 0x7bff],
    ["beyond it, infinity", 65_520, 0x7c00],
    ["under half of the smallest, zero with its sign", -(2 ** -26), 0x8000],
  ])("%s", (_, value, bits) => {
    expect(toFloat16(value)).toBe(bits);
  });
});

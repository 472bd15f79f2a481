import fc from "fast-check";
import { narrow, widen } from "../../../runtime/src/model/float-formats";

const bytesOf = (array: Uint16Array | Float32Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** What a float16's bits mean, by the definition of IEEE 754. */
function meaning(half: number): number {
  const sign = half >> 15 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const halves = Uint16Array.from({ length: 65_536 }, (_, half) => half);

test("every float16 is widened to what it means", () => {
  expect([...widen(bytesOf(halves), "F16")]).toEqual([...halves].map(meaning));
});

test("every float16 that is a number survives being widened and narrowed", () => {
  const numbers = halves.filter((half) => !Number.isNaN(meaning(half)));
  expect([...narrow(widen(bytesOf(numbers), "F16"))]).toEqual([...numbers]);
});

test("bfloat16 is the upper half of a float32", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xff7f }), (half) => {
      const [value] = widen(bytesOf(Uint16Array.of(half)), "BF16");
      // A processor may set a bit in what is no number when it moves it.
      const isNumber = (half & 0x7fff) <= 0x7f80;
      if (isNumber) expect(new Uint32Array(Float32Array.of(value).buffer)[0]).toBe(half * 65_536);
      else expect(value).toBeNaN();
    }),
    { examples: [[0x7f81], [0x7fc0], [0x7f80], [0xff7f]] },
  );
});

test("narrowing takes the nearest float16, and the even one of two", () => {
  const nearest = (value: number) => {
    const distances = [...halves.subarray(0, 0x7c00)].map((half) =>
      Math.abs(meaning(half) - Math.abs(value)),
    );
    const least = Math.min(...distances);
    const [first, second] = distances.flatMap((distance, half) => (distance === least ? [half] : []));
    const half = second !== undefined && first % 2 === 1 ? second : first;
    return half + (value < 0 || Object.is(value, -0) ? 0x8000 : 0);
  };
  const value = fc.oneof(
    fc.float({ min: -65_504, max: 65_504, noNaN: true }),
    fc.float({ min: Math.fround(-1e-4), max: Math.fround(1e-4), noNaN: true }),
    // Halfway between two neighbours.
    fc.integer({ min: 0, max: 0x7bfe }).map((half) => (meaning(half) + meaning(half + 1)) / 2),
  );
  fc.assert(
    fc.property(value, (number) => {
      expect(narrow(Float32Array.of(number))[0]).toBe(nearest(number));
    }),
    { numRuns: 150 },
  );
});

test("what float16 has no place for becomes infinite, and no number stays none", () => {
  expect([...narrow(Float32Array.of(65_519, 65_520, -1e30, Number.NaN))]).toEqual([
    0x7bff, 0x7c00, 0xfc00, 0x7e00,
  ]);
});

test("bytes that are not aligned to their elements are read all the same", () => {
  const bytes = new Uint8Array(9);
  bytes.set(bytesOf(Float32Array.of(1.5, -2)), 1);
  expect([...widen(bytes.subarray(1), "F32")]).toEqual([1.5, -2]);
});

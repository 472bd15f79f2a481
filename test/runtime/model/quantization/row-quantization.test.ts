import fc from "fast-check";
import { dequantizeRows, quantizeRows } from "../../../../runtime/src/model/quantization/row-quantization";

/** None so small that its square or its scale is none. */
const weight = fc
  .float({ min: -100, max: 100, noNaN: true })
  .map((value) => (Math.abs(value) < 1e-30 ? 0 : value));
const matrix = fc
  .integer({ min: 1, max: 40 })
  .chain((width) =>
    fc.array(fc.array(weight, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
  );

const squaredError = (values: readonly number[], others: ArrayLike<number>) =>
  values.reduce((sum, value, at) => sum + (value - others[at]) ** 2, 0);

describe("weights in rows", () => {
  test("stand for what plain arithmetic makes of codes and scales", () => {
    fc.assert(
      fc.property(matrix, (rows) => {
        const quantized = quantizeRows(Float32Array.from(rows.flat()), rows[0].length);
        expect(quantized.scales).toHaveLength(rows.length);
        const naive = [...quantized.codes].map((code, at) =>
          Math.fround(code * quantized.scales[Math.floor(at / rows[0].length)]),
        );
        expect([...dequantizeRows(quantized)].map((value) => value + 0)).toEqual(
          naive.map((value) => value + 0),
        );
      }),
    );
  });

  test("are off by no more than with the scale that the largest weight alone would give", () => {
    fc.assert(
      fc.property(matrix, (rows) => {
        const restored = dequantizeRows(quantizeRows(Float32Array.from(rows.flat()), rows[0].length));
        rows.forEach((row, at) => {
          const ours = squaredError(row, restored.subarray(at * row.length, (at + 1) * row.length));
          const scale = Math.max(...row.map(Math.abs)) / 127 || 1;
          const plain = row.map((value) => Math.round(value / scale) * scale);
          const sum = row.reduce((total, value) => total + value * value, 0);
          expect(ours).toBeLessThanOrEqual(squaredError(row, plain) + sum * 1e-6);
        });
      }),
    );
  });

  test("take codes from -127 to 127, one of the two in a row that is not zero", () => {
    fc.assert(
      fc.property(matrix, (rows) => {
        const [width] = rows.map(({ length }) => length);
        const { codes } = quantizeRows(Float32Array.from(rows.flat()), width);
        rows.forEach((row, at) => {
          const most = Math.max(...[...codes.subarray(at * width, (at + 1) * width)].map(Math.abs));
          expect(most).toBe(row.some((value) => value !== 0) ? 127 : 0);
        });
      }),
    );
  });

  test("do not depend on their neighbours", () => {
    fc.assert(
      fc.property(matrix, (rows) => {
        const together = quantizeRows(Float32Array.from(rows.flat()), rows[0].length);
        const apart = rows.map((row) => quantizeRows(Float32Array.from(row), row.length));
        expect([...together.codes]).toEqual(apart.flatMap(({ codes }) => [...codes]));
        expect([...together.scales]).toEqual(apart.flatMap(({ scales }) => [...scales]));
      }),
    );
  });
});

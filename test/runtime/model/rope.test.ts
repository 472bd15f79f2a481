import { type RopeSettings, ropeFrequencies, ropeTables } from "../../../runtime/src/model/rope";

const closeTo = (values: number[]) => values.map((value) => expect.closeTo(value, 7));
const frequencies = (rope: RopeSettings, headDim: number) => [...ropeFrequencies(rope, headDim)];

describe("rotary embedding", () => {
  test("turns each pair of dimensions more slowly than the one before", () => {
    expect(frequencies({ type: "default", theta: 10_000 }, 8)).toEqual(closeTo([1, 0.1, 0.01, 0.001]));
  });

  test("with linear scaling turns all pairs more slowly", () => {
    expect(frequencies({ type: "linear", theta: 10_000, factor: 4 }, 8)).toEqual(
      closeTo([0.25, 0.025, 0.0025, 0.00025]),
    );
  });

  test("with Llama 3's scaling keeps the fast pairs, slows the slow ones and blends those between", () => {
    const rope: RopeSettings = {
      type: "llama3",
      theta: 500_000,
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositions: 8_192,
    };
    // What _compute_llama3_parameters of transformers' modeling_rope_utils.py gives.
    const expected = [
      1, 0.19392274474868576, 0.03760603093086393, 0.0072926647372171085, 0.0005248461609929547,
      3.428102195952591e-5, 6.647869871181236e-6, 1.2891731721515574e-6,
    ];
    const actual = frequencies(rope, 16);
    expect(actual.map((frequency, pair) => frequency / expected[pair])).toEqual(
      expected.map(() => expect.closeTo(1, 6)),
    );
  });

  test("has one row of cosines and sines per position", () => {
    const { cos, sin } = ropeTables({ type: "default", theta: 10_000 }, 4, 3);
    expect([...cos]).toEqual(closeTo([1, 1, Math.cos(1), Math.cos(0.01), Math.cos(2), Math.cos(0.02)]));
    expect([...sin]).toEqual(closeTo([0, 0, Math.sin(1), Math.sin(0.01), Math.sin(2), Math.sin(0.02)]));
  });

  test("multiplies position and frequency in single precision, as the reference does", () => {
    const { sin } = ropeTables({ type: "default", theta: 500_000 }, 16, 60_001);
    const frequency = Math.fround(500_000 ** (-2 / 16));
    const [single, double] = [Math.sin(Math.fround(60_000 * frequency)), Math.sin(60_000 * frequency)];
    expect(Math.abs(single - double)).toBeGreaterThan(1e-5);
    expect(sin[60_000 * 8 + 1]).toBe(Math.fround(single));
  });
});

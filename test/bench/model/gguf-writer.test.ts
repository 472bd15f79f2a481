import { join } from "node:path";
import { llamaRowOrder, RESERVED_TOKENS, writeGguf } from "../../../bench/model/gguf-writer";
import { type LlamaShape, type RandomWeight, randomLlama } from "../../../bench/model/random-llama";
import { dequantized, readGguf } from "../../support/gguf-reader";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

const SHAPE: LlamaShape = {
  hiddenSize: 64,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  intermediateSize: 96,
  vocabSize: 300,
  maxPositions: 128,
};

afterEach(removeTemporaryDirectories);

function written(precision: "F32" | "Q8_0" | "Q4_0") {
  const path = join(temporaryDirectory(), "model.gguf");
  writeGguf(path, SHAPE, randomLlama(SHAPE), precision);
  return readGguf(path);
}

describe("a GGUF file", () => {
  test("says what llama.cpp asks of a llama", () => {
    const { metadata } = written("Q8_0");
    expect(metadata).toMatchObject({
      "general.architecture": "llama",
      "general.file_type": 7,
      "llama.embedding_length": 64,
      "llama.block_count": 2,
      "llama.feed_forward_length": 96,
      "llama.attention.head_count": 4,
      "llama.attention.head_count_kv": 2,
      "llama.rope.dimension_count": 16,
      "llama.context_length": 128,
      "tokenizer.ggml.model": "llama",
    });
  });

  test("has a vocabulary of distinct tokens, with every byte among the reserved ones", () => {
    const { metadata } = written("F32");
    const tokens = metadata["tokenizer.ggml.tokens"] as string[];
    expect(new Set(tokens).size).toBe(SHAPE.vocabSize);
    expect([tokens[3], tokens[RESERVED_TOKENS - 1]]).toEqual(["<0x00>", "<0xFF>"]);
    expect((metadata["tokenizer.ggml.scores"] as number[]).length).toBe(SHAPE.vocabSize);
    expect((metadata["tokenizer.ggml.token_type"] as number[]).slice(0, 4)).toEqual([2, 3, 3, 6]);
  });

  test("holds every weight, in float32 exactly", () => {
    const { tensors } = written("F32");
    const weights = randomLlama(SHAPE);
    expect(tensors.map(({ name }) => name)).toEqual(weights.map(({ ggufName }) => ggufName));
    for (const [index, weight] of weights.entries()) {
      const { rows, columns, isVector } = weight;
      expect(tensors[index].dimensions).toEqual(isVector ? [columns] : [columns, rows]);
      const values = Float32Array.from(dequantized(tensors[index]));
      expect(Buffer.from(values.buffer).equals(Buffer.from(llamaRowOrder(weight).buffer))).toBe(true);
    }
  });

  test.each([
    ["Q8_0", 8, 0.001],
    ["Q4_0", 2, 0.03],
  ] as const)("holds matrices in %s within its error, and vectors in float32", (precision, type, error) => {
    const { tensors } = written(precision);
    for (const [index, weight] of randomLlama(SHAPE).entries()) {
      expect(tensors[index].type).toBe(weight.isVector ? 0 : type);
      const values = dequantized(tensors[index]);
      const expected = llamaRowOrder(weight);
      const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at])), 0);
      expect(worst).toBeLessThan(error);
    }
  });
});

describe("the order of a query's rows", () => {
  test("makes turning neighbours what turning the two halves of a head was", () => {
    const heads = 3;
    const headDim = 8;
    const projected = Array.from({ length: heads * headDim }, (_, row) => Math.sin(row * 7 + 1));
    const weight: RandomWeight = {
      name: "q",
      ggufName: "q",
      rows: heads * headDim,
      columns: 1,
      isVector: false,
      rotatedHeads: heads,
      values: () => Float32Array.from(projected),
    };
    const angle = (pair: number) => 5 * 10_000 ** ((-2 * pair) / headDim);
    // transformers' rotate_half: dimension i turns with i + headDim / 2.
    const halves = turned([...weight.values()], headDim, (pair) => [pair, pair + headDim / 2], angle);
    // ggml's rope of the llama architecture: dimension 2 i turns with 2 i + 1.
    const neighbours = turned([...llamaRowOrder(weight)], headDim, (pair) => [2 * pair, 2 * pair + 1], angle);
    const reordered = llamaRowOrder({ ...weight, values: () => Float32Array.from(halves) });
    expect(neighbours.map((value) => value.toFixed(5))).toEqual(
      [...reordered].map((value) => value.toFixed(5)),
    );
  });
});

function turned(
  values: readonly number[],
  headDim: number,
  pairOf: (pair: number) => readonly [number, number],
  angle: (pair: number) => number,
): number[] {
  const result = [...values];
  for (let head = 0; head < values.length; head += headDim)
    for (let pair = 0; pair < headDim / 2; pair++) {
      const [one, other] = pairOf(pair).map((index) => head + index);
      const [cos, sin] = [Math.cos(angle(pair)), Math.sin(angle(pair))];
      result[one] = values[one] * cos - values[other] * sin;
      result[other] = values[other] * cos + values[one] * sin;
    }
  return result;
}

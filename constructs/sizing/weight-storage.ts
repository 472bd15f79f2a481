import type { ModelShape, ModelTensor, TensorRole } from "./model-shape";

/** How the numbers of a matrix are stored. */
export interface StoredNumbers {
  readonly bytes: number;
  /** One scale for so many numbers of a row, or for each row. */
  readonly scale?: { readonly bytes: number; readonly per: number | "row" };
}

/** How a model's weights are stored in one precision. */
export interface WeightStorage extends Readonly<Record<TensorRole, StoredNumbers>> {
  /** Of a matrix whose rows are no whole number of the scales' groups. */
  readonly ungrouped: StoredNumbers;
  /** A tied embedding is stored a second time, as the output head. */
  readonly copiesTiedHead: boolean;
}

const float32: StoredNumbers = { bytes: 4 };
const float16: StoredNumbers = { bytes: 2 };
const int8PerRow: StoredNumbers = { bytes: 1, scale: { bytes: 4, per: "row" } };
const int8PerBlock: StoredNumbers = { bytes: 1, scale: { bytes: 4, per: 32 } };
const int4PerBlock: StoredNumbers = { bytes: 0.5, scale: { bytes: 4, per: 32 } };
const int4PerGroup: StoredNumbers = { bytes: 0.5, scale: { bytes: 2, per: 128 } };

function allAs(numbers: StoredNumbers): WeightStorage {
  const roles = { embedding: numbers, head: numbers, matrix: numbers, router: numbers, vector: numbers };
  return { ...roles, ungrouped: numbers, copiesTiedHead: false };
}

/** Precisions that serving engines on accelerators keep weights in. */
export type WeightPrecision = "fp32" | "bf16" | "fp16" | "fp8" | "int8" | "int4";

/**
 * As vLLM loads what llm-compressor's usual recipes make: linear layers quantised, with a float32 scale for each output
 * (FP8_DYNAMIC, W8A8) or a 16-bit one for each group of 128 (W4A16); embedding, output head, routers and vectors stay
 * in 16 bits. https://docs.vllm.ai/projects/llm-compressor, read on 2026-11-21.
 */
export const acceleratorStorage: Readonly<Record<WeightPrecision, WeightStorage>> = {
  fp32: allAs(float32),
  bf16: allAs(float16),
  fp16: allAs(float16),
  fp8: { ...allAs(float16), matrix: int8PerRow },
  int8: { ...allAs(float16), matrix: int8PerRow },
  int4: { ...allAs(float16), matrix: int4PerGroup },
};

/** Precisions of Plinth's own artifacts. */
export type ArtifactPrecision = "fp32" | "fp16" | "int8" | "w8a8" | "int4";

/**
 * As `plinth-runtime convert` writes them: vectors stay float32, int8 and int4 have a scale for each 32 weights, w8a8
 * one for each row. The embedding is only looked up and keeps 8 bits. ADR 3 says why.
 */
export const artifactStorage: Readonly<Record<ArtifactPrecision, WeightStorage>> = {
  fp32: allAs(float32),
  fp16: { ...allAs(float16), vector: float32 },
  int8: {
    ...allAs(int8PerBlock),
    vector: float32,
    ungrouped: float32,
    copiesTiedHead: true,
  },
  w8a8: { ...allAs(int8PerRow), vector: float32 },
  int4: {
    ...allAs(int4PerBlock),
    embedding: int8PerBlock,
    vector: float32,
    ungrouped: float32,
    copiesTiedHead: true,
  },
};

export interface WeightBytes {
  /** Of embeddings and matrices, which tensor parallelism divides. */
  readonly matrices: number;
  /** Of norms and biases, which every accelerator of a replica holds. */
  readonly vectors: number;
}

/** What a model's weights take, scales included. */
export function weightBytes({ tensors, tied }: ModelShape, storage: WeightStorage): WeightBytes {
  const sum = (some: readonly ModelTensor[]) =>
    some.reduce((bytes, tensor) => bytes + tensorBytes(tensor, storage), 0);
  const matrices = tensors.filter(({ role }) => role !== "vector");
  const [embedding] = tensors.filter(({ role }) => role === "embedding");
  const isGrouped = storedAs(embedding, storage) !== storage.ungrouped;
  const copies: ModelTensor[] =
    tied && storage.copiesTiedHead && isGrouped ? [{ ...embedding, role: "head" }] : [];
  return {
    matrices: sum([...matrices, ...copies]),
    vectors: sum(tensors.filter(({ role }) => role === "vector")),
  };
}

function storedAs({ role, columns }: ModelTensor, storage: WeightStorage): StoredNumbers {
  const per = storage[role].scale?.per;
  return typeof per === "number" && columns % per > 0 ? storage.ungrouped : storage[role];
}

function tensorBytes(tensor: ModelTensor, storage: WeightStorage): number {
  const { bytes, scale } = storedAs(tensor, storage);
  const { count, rows, columns } = tensor;
  const scales = scale === undefined ? 0 : rows * (scale.per === "row" ? 1 : columns / scale.per);
  return count * (rows * columns * bytes + scales * (scale?.bytes ?? 0));
}

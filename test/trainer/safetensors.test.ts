import { fillFromSafetensors, toSafetensors } from "../../trainer/src/safetensors";

const tensors = () => ({
  odd: { shape: [3], values: Float64Array.of(1.5, -0, Math.PI) },
  weight: { shape: [2, 2], values: Float64Array.of(1e-300, Number.MAX_VALUE, 0.1, -2) },
});

test("numbers come back bit for bit", () => {
  const empty = {
    odd: { shape: [3], values: new Float64Array(3) },
    weight: { shape: [2, 2], values: new Float64Array(4) },
  };
  fillFromSafetensors(toSafetensors(tensors(), "F64"), empty);
  expect(empty).toEqual(tensors());
  expect(Object.is(empty.odd.values[1], -0)).toBe(true);
});

test("the file is laid out as the format has it", () => {
  const file = Buffer.from(toSafetensors(tensors(), "F32"));
  const headerBytes = Number(file.readBigUInt64LE(0));
  expect(headerBytes % 8).toBe(0);
  expect(JSON.parse(file.toString("utf8", 8, 8 + headerBytes))).toEqual({
    odd: { dtype: "F32", shape: [3], data_offsets: [0, 12] },
    weight: { dtype: "F32", shape: [2, 2], data_offsets: [12, 28] },
  });
  expect(file.byteLength).toBe(8 + headerBytes + 28);
  expect(file.readFloatLE(8 + headerBytes)).toBe(1.5);
});

test("tensors of another shape or precision are not filled", () => {
  const other = { odd: { shape: [1, 3], values: new Float64Array(3) } };
  expect(() => fillFromSafetensors(toSafetensors(tensors(), "F64"), other)).toThrow(
    "odd is F64 [3] in the checkpoint and F64 [1,3] here",
  );
  expect(() => fillFromSafetensors(toSafetensors(tensors(), "F32"), tensors())).toThrow("odd is F32");
});

import { Tensor } from "onnxruntime-node";
import type { KvCachePrecision } from "../../../runtime/src/model/kv-cache-precision";
import { KvPool } from "../../../runtime/src/model/kv-pool";
import { readDecoderConfig } from "../../support/decoder-config";
import { tinyConfig } from "../../support/tiny-checkpoint";

const BLOCK_SIZE = 2;
const { config } = readDecoderConfig(tinyConfig);
const width = config.kvHeads * config.headDim;

/** New rows of numbers that count up from `first`; as float16 they are its bits, which no value would be copied as. */
function rowsOf(precision: KvCachePrecision, tokens: number, first: number): Tensor {
  const numbers = Array.from({ length: tokens * width }, (_, index) => first + index);
  const data = precision === "float32" ? Float32Array.from(numbers) : Uint16Array.from(numbers);
  return new Tensor(precision, data, [tokens, width]);
}

/** What the pool feeds, as it is handed to onnxruntime: `[kvHeads, slots, headDim]`. */
const numbersOf = ({ data }: Tensor) => data as Float32Array | Uint16Array;

/** What a slot holds: `[kvHeads * headDim]`. */
function slotOf({ keys }: KvPool, blocks: number, layer: number, slot: number): number[] {
  const perHead = blocks * BLOCK_SIZE * config.headDim;
  return Array.from({ length: config.kvHeads }, (_, head) => {
    const start = head * perHead + slot * config.headDim;
    return [...numbersOf(keys[layer]).subarray(start, start + config.headDim)];
  }).flat();
}

describe.each(["float32", "float16"] as const)("the pool of a KV cache in %s", (precision) => {
  test("holds the rows of each token in the slot that it was written to, and nothing elsewhere", () => {
    const pool = new KvPool(config, 4, BLOCK_SIZE, precision);
    pool.write(pool.keys[0], rowsOf(precision, 2, 40_001), Int32Array.of(5, 2));
    const counting = (first: number) => Array.from({ length: width }, (_, index) => first + index);
    expect(slotOf(pool, 4, 0, 5)).toEqual(counting(40_001));
    expect(slotOf(pool, 4, 0, 2)).toEqual(counting(40_001 + width));
    for (const slot of [0, 1, 3, 4, 6, 7]) expect(slotOf(pool, 4, 0, slot)).toEqual(Array(width).fill(0));
  });

  test("clears a block and no other", () => {
    const pool = new KvPool(config, 4, BLOCK_SIZE, precision);
    const notANumber = precision === "float32" ? Number.NaN : 0x7e00;
    for (const tensor of [...pool.keys, ...pool.values]) (tensor.data as Float32Array).fill(notANumber);
    pool.clearBlock(2);
    for (const layer of pool.keys.keys())
      for (const tensors of [pool.keys, pool.values])
        for (let slot = 0; slot < 4 * BLOCK_SIZE; slot++) {
          const cleared = slotOf({ keys: tensors } as KvPool, 4, layer, slot).every((value) => value === 0);
          expect(cleared).toBe(Math.floor(slot / BLOCK_SIZE) === 2);
        }
  });

  test("copies a block with all its slots, keys and values, in all layers", () => {
    const pool = new KvPool(config, 4, BLOCK_SIZE, precision);
    const tensors = [...pool.keys, ...pool.values];
    for (const [at, tensor] of tensors.entries())
      pool.write(tensor, rowsOf(precision, 2, 1000 * (at + 1)), Int32Array.of(2, 3));
    pool.copyBlock(1, 3);
    const block = BLOCK_SIZE * config.headDim;
    for (const [at, tensor] of tensors.entries())
      for (let head = 0; head < config.kvHeads; head++) {
        const held = (index: number) => {
          const start = (head * 4 + index) * block;
          return [...numbersOf(tensor).subarray(start, start + block)];
        };
        expect(held(3)).toEqual(held(1));
        expect(held(3)[0]).toBe(1000 * (at + 1) + head * config.headDim);
        expect(held(2)).toEqual(Array(block).fill(0));
      }
  });

  test("is fed under every layer's name, in its precision and in the arrays that onnxruntime accepts", () => {
    const pool = new KvPool(config, 4, BLOCK_SIZE, precision);
    const feeds: Record<string, Tensor> = {};
    pool.feed(feeds);
    expect(Object.keys(feeds)).toEqual(["key_pool.0", "key_pool.1", "value_pool.0", "value_pool.1"]);
    for (const { type, data, dims } of Object.values(feeds)) {
      expect([type, dims]).toEqual([precision, [config.kvHeads, 4, BLOCK_SIZE, config.headDim]]);
      expect(data.constructor.name).toBe(precision === "float32" ? "Float32Array" : "Uint16Array");
    }
  });
});

/** Node from 24 on has it; onnxruntime-common then makes it the data of a float16 tensor. Its elements are values. */
class Float16Array extends Uint16Array {
  constructor(buffer: ArrayBuffer, byteOffset: number, length: number) {
    super(buffer, byteOffset, length);
    const isElement = (key: string | symbol) => typeof key === "string" && /^\d+$/.test(key);
    // biome-ignore lint/correctness/noConstructorReturn: the elements of a typed array are reached by a proxy alone
    return new Proxy(this, {
      get: (target, key) => (isElement(key) ? 1 : Reflect.get(target, key, target)),
    });
  }
}

describe("the pool of a KV cache in float16, where arrays of float16 exist", () => {
  const native = Object.getOwnPropertyDescriptor(globalThis, "Float16Array");

  beforeAll(() => {
    Object.defineProperty(globalThis, "Float16Array", { value: Float16Array, configurable: true });
  });

  afterAll(() => {
    if (native) Object.defineProperty(globalThis, "Float16Array", native);
    else Reflect.deleteProperty(globalThis, "Float16Array");
  });

  test("is still one of bits", () => {
    jest.isolateModules(() => {
      const runtime = require("onnxruntime-common") as typeof import("onnxruntime-common");
      const { KvPool: Pool } =
        require("../../../runtime/src/model/kv-pool") as typeof import("../../../runtime/src/model/kv-pool");
      const rows = new runtime.Tensor("float16", new Uint16Array(width).fill(0x3c00), [1, width]);
      expect(rows.data[0]).toBe(1);
      const pool = new Pool(config, 4, BLOCK_SIZE, "float16");
      pool.write(pool.keys[0], rows, Int32Array.of(5));
      expect(pool.keys[0].data.constructor.name).toBe("Uint16Array");
      expect(slotOf(pool, 4, 0, 5)).toEqual(Array(width).fill(0x3c00));
    });
  });
});

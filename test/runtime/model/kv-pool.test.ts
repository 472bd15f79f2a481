import { KvPool } from "../../../runtime/src/model/kv-pool";
import { readDecoderConfig } from "../../support/decoder-config";
import { tinyConfig } from "../../support/tiny-checkpoint";

const BLOCK_SIZE = 2;
const { config } = readDecoderConfig(tinyConfig);
const width = config.kvHeads * config.headDim;

/** What a slot holds: `[kvHeads * headDim]`. */
function slotOf({ keys }: KvPool, blocks: number, layer: number, slot: number): number[] {
  const data = keys[layer].data as Float32Array;
  const perHead = blocks * BLOCK_SIZE * config.headDim;
  return Array.from({ length: config.kvHeads }, (_, head) => {
    const start = head * perHead + slot * config.headDim;
    return [...data.subarray(start, start + config.headDim)];
  }).flat();
}

describe("the pool of the KV cache", () => {
  test("holds the rows of each token in the slot that it was written to, and nothing elsewhere", () => {
    const pool = new KvPool(config, 4, BLOCK_SIZE);
    const rows = Float32Array.from({ length: 2 * width }, (_, index) => index + 1);
    pool.write(pool.keys[0], rows, Int32Array.of(5, 2));
    expect(slotOf(pool, 4, 0, 5)).toEqual([...rows.subarray(0, width)]);
    expect(slotOf(pool, 4, 0, 2)).toEqual([...rows.subarray(width)]);
    for (const slot of [0, 1, 3, 4, 6, 7]) expect(slotOf(pool, 4, 0, slot)).toEqual(Array(width).fill(0));
  });

  test("copies a block with all its slots, keys and values, in all layers", () => {
    const pool = new KvPool(config, 4, BLOCK_SIZE);
    for (const [at, tensor] of [...pool.keys, ...pool.values].entries())
      pool.write(
        tensor,
        Float32Array.from({ length: 2 * width }, (_, index) => 1000 * at + index),
        Int32Array.of(2, 3),
      );
    pool.copyBlock(1, 3);
    for (const { data } of [...pool.keys, ...pool.values]) {
      const values = data as Float32Array;
      const block = BLOCK_SIZE * config.headDim;
      for (let head = 0; head < config.kvHeads; head++) {
        const at = (index: number) => [
          ...values.subarray((head * 4 + index) * block, (head * 4 + index + 1) * block),
        ];
        expect(at(3)).toEqual(at(1));
        expect(at(2)).toEqual(Array(block).fill(0));
      }
    }
  });
});

import fc from "fast-check";
import { FreeBlockQueue } from "../../../runtime/src/kv/free-block-queue";

function queueOf(blocks: number, ...pushed: number[]): FreeBlockQueue {
  const queue = new FreeBlockQueue(blocks);
  for (const block of pushed) queue.push(block);
  return queue;
}

function drained(queue: FreeBlockQueue): number[] {
  const blocks: number[] = [];
  for (let block = queue.shift(); block !== undefined; block = queue.shift()) blocks.push(block);
  return blocks;
}

describe("the queue of free blocks", () => {
  test("is empty at first", () => {
    const queue = queueOf(3);
    expect(queue.length).toBe(0);
    expect(queue.shift()).toBeUndefined();
    expect([0, 1, 2].map((block) => queue.has(block))).toEqual([false, false, false]);
  });

  test("gives blocks back in the order in which they came", () => {
    expect(drained(queueOf(4, 2, 0, 3))).toEqual([2, 0, 3]);
  });

  test.each([
    ["head", 2, [0, 3]],
    ["middle", 0, [2, 3]],
    ["tail", 3, [2, 0]],
  ])("lets a block leave from its %s", (_, block, rest) => {
    const queue = queueOf(4, 2, 0, 3);
    queue.remove(block);
    expect(queue.has(block)).toBe(false);
    expect(drained(queue)).toEqual(rest);
  });

  test("gives first the block that came to its head", () => {
    const queue = queueOf(4, 2, 0);
    queue.unshift(3);
    queue.unshift(1);
    expect(drained(queue)).toEqual([1, 3, 2, 0]);
  });

  test("takes a block again after it has left", () => {
    const queue = queueOf(2, 0, 1);
    queue.push(queue.shift() as number);
    expect(drained(queue)).toEqual([1, 0]);
  });

  test("refuses a block that is in it already", () => {
    expect(() => queueOf(2, 1).push(1)).toThrow("invariant: block 1 is in the free queue already");
    expect(() => queueOf(2, 1).unshift(1)).toThrow("invariant: block 1 is in the free queue already");
  });

  test("refuses to remove a block that is not in it", () => {
    expect(() => queueOf(2, 1).remove(0)).toThrow("invariant: block 0 is not in the free queue");
  });

  test("does what an array does, through any operations", () => {
    const operation = fc.record({
      kind: fc.constantFrom("push" as const, "unshift" as const, "shift" as const, "remove" as const),
      block: fc.nat(7),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const queue = queueOf(8);
        let model: number[] = [];
        for (const { kind, block } of operations) {
          const present = model.includes(block);
          if (kind === "shift") expect(queue.shift()).toBe(model.shift());
          else if (kind === "push" && !present) {
            queue.push(block);
            model.push(block);
          } else if (kind === "unshift" && !present) {
            queue.unshift(block);
            model.unshift(block);
          } else if (kind === "remove" && present) {
            queue.remove(block);
            model = model.filter((other) => other !== block);
          } else expect(() => queue[kind](block)).toThrow("invariant");
          expect(queue.length).toBe(model.length);
          for (let id = 0; id < 8; id++) expect(queue.has(id)).toBe(model.includes(id));
        }
        expect(drained(queue)).toEqual(model);
      }),
    );
  });
});

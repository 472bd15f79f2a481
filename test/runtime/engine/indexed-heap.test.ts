import fc from "fast-check";
import { IndexedHeap } from "../../../runtime/src/engine/indexed-heap";

type Item = { rank: number };
const heap = () => new IndexedHeap<Item>((one, other) => one.rank < other.rank);

test("a queue from which any item may leave gives what a sorted list would, through any operations", () => {
  const operation = fc.record({ remove: fc.boolean(), pick: fc.nat(), rank: fc.nat(1_000) });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 80, size: "max" }), (operations) => {
      const queue = heap();
      let items: Item[] = [];
      for (const { remove, pick, rank } of operations) {
        if (remove && items.length > 0) {
          const item = items[pick % items.length];
          items = items.filter((other) => other !== item);
          expect(queue.remove(item)).toBe(true);
          expect(queue.remove(item)).toBe(false);
        } else {
          const item = { rank: rank + items.length / 1_000 };
          items.push(item);
          queue.add(item);
        }
        expect(queue.size).toBe(items.length);
        expect(queue.first?.rank).toBe(
          items.length > 0 ? Math.min(...items.map((item) => item.rank)) : undefined,
        );
      }
    }),
  );
});

test("an item is in the queue once", () => {
  const queue = heap();
  const item = { rank: 1 };
  queue.add(item);
  expect(() => queue.add(item)).toThrow("invariant");
});

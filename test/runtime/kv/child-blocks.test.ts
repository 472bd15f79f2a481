import fc from "fast-check";
import { ChildBlocks } from "../../../runtime/src/kv/child-blocks";

describe("the children of cached blocks", () => {
  test("are given the newest first, and no more than are asked for", () => {
    const children = new ChildBlocks(5);
    for (const block of [1, 4, 2]) children.add("parent", block);
    children.add("another", 3);
    expect([...children.of("parent", 9)]).toEqual([2, 4, 1]);
    expect([...children.of("parent", 2)]).toEqual([2, 4]);
    expect([...children.of("nobody", 9)]).toEqual([]);
  });

  test("have one parent", () => {
    const children = new ChildBlocks(2);
    children.add("parent", 1);
    expect(() => children.add("another", 1)).toThrow("invariant: block 1 has a parent already");
    children.remove(1);
    expect(() => children.remove(1)).toThrow("invariant: block 1 has no parent");
  });

  test("are what lists would hold, through any operations", () => {
    const operation = fc.record({ parent: fc.constantFrom("a", "b"), block: fc.nat(6) });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const children = new ChildBlocks(7);
        const lists: Record<string, number[]> = { a: [], b: [] };
        for (const { parent, block } of operations) {
          const present = Object.values(lists).some((list) => list.includes(block));
          if (present) {
            children.remove(block);
            for (const key of Object.keys(lists)) lists[key] = lists[key].filter((other) => other !== block);
          } else {
            children.add(parent, block);
            lists[parent].unshift(block);
          }
          for (const key of Object.keys(lists)) expect([...children.of(key, 9)]).toEqual(lists[key]);
        }
      }),
    );
  });
});

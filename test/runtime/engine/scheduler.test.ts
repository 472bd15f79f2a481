import fc from "fast-check";
import { Scheduler, type SchedulerLimits } from "../../../runtime/src/engine/scheduler";
import type { SchedulerOutput } from "../../../runtime/src/engine/scheduler-output";
import { Sequence } from "../../../runtime/src/engine/sequence";
import { BlockPool } from "../../../runtime/src/kv/block-pool";
import { BlockTable } from "../../../runtime/src/kv/block-table";
import { greedy } from "../../support/sequences";

const UNLIMITED: SchedulerLimits = { maxSequences: 100, maxBatchedTokens: 1_000, prefillChunkTokens: 1_000 };
const BLOCK_SIZE = 2;
const TOKEN = 7;

/** A scheduler with a pool, and a commit that stands in for the model. */
class Bench {
  readonly pool: BlockPool;
  readonly scheduler: Scheduler;
  private nextId = 1;

  constructor({ blocks = 1_000, ...limits }: Partial<SchedulerLimits> & { blocks?: number } = {}) {
    this.pool = new BlockPool(blocks);
    this.scheduler = new Scheduler(this.pool, { ...UNLIMITED, ...limits });
  }

  add(promptLength: number, maxTokens = greedy.maxTokens): Sequence {
    const table = new BlockTable(this.pool, BLOCK_SIZE);
    const prompt = new Array<number>(promptLength).fill(TOKEN);
    const sequence = new Sequence(this.nextId++, prompt, { ...greedy, maxTokens }, table);
    this.scheduler.add(sequence);
    return sequence;
  }

  commit({ decodes, prefills }: SchedulerOutput): Sequence[] {
    const ended: Sequence[] = [];
    for (const { sequence, start, count, samples } of [...decodes, ...prefills]) {
      sequence.computed = start + count;
      if (!samples || !sequence.append(TOKEN)) continue;
      this.scheduler.remove(sequence.id);
      ended.push(sequence);
    }
    return ended;
  }

  /** Plans a step, commits it and tells how many tokens of which sequence it computed. */
  step(): { decodes: Record<number, number>; prefills: Record<number, number>; preempted: number } {
    const output = this.scheduler.schedule();
    const counts = (list: SchedulerOutput["decodes"]) =>
      Object.fromEntries(list.map(({ sequence, count }) => [sequence.id, count]));
    this.commit(output);
    return {
      decodes: counts(output.decodes),
      prefills: counts(output.prefills),
      preempted: output.preempted,
    };
  }
}

describe("a scheduler's step", () => {
  test("is empty where nothing waits", () => {
    expect(new Bench().step()).toEqual({ decodes: {}, prefills: {}, preempted: 0 });
  });

  test("computes a whole prompt and then one token at a time", () => {
    const bench = new Bench();
    bench.add(5);
    expect(bench.step()).toMatchObject({ decodes: {}, prefills: { 1: 5 } });
    expect(bench.step()).toMatchObject({ decodes: { 1: 1 }, prefills: {} });
  });

  test("samples only where it reaches the last known token", () => {
    const bench = new Bench({ prefillChunkTokens: 3 });
    const sequence = bench.add(5);
    const first = bench.scheduler.schedule();
    expect(first.prefills).toEqual([{ sequence, start: 0, count: 3, samples: false }]);
    bench.commit(first);
    expect(bench.scheduler.schedule().prefills).toEqual([{ sequence, start: 3, count: 2, samples: true }]);
  });

  test("counts a prompt of one token, or the one token that is left of it, among the decodes", () => {
    const bench = new Bench({ prefillChunkTokens: 2 });
    bench.add(1);
    bench.add(3);
    expect(bench.step()).toMatchObject({ decodes: { 1: 1 }, prefills: { 2: 2 } });
    expect(bench.step()).toMatchObject({ decodes: { 1: 1, 2: 1 }, prefills: {} });
  });

  test("takes no more of one prompt than the chunk limit, and gives the rest of the budget to the next", () => {
    const bench = new Bench({ maxBatchedTokens: 10, prefillChunkTokens: 4 });
    for (let index = 0; index < 3; index++) bench.add(6);
    expect(bench.step()).toMatchObject({ prefills: { 1: 4, 2: 4, 3: 2 } });
  });

  test("computes no more tokens than its budget", () => {
    const bench = new Bench({ maxBatchedTokens: 7 });
    bench.add(5);
    bench.add(5);
    bench.add(5);
    expect(bench.step()).toMatchObject({ decodes: {}, prefills: { 1: 5, 2: 2 } });
    expect(bench.scheduler.waitingCount).toBe(1);
  });

  test("serves decodes before prompts, also those of sequences that arrived earlier", () => {
    const bench = new Bench({ maxBatchedTokens: 4, prefillChunkTokens: 3 });
    bench.add(9);
    bench.add(1);
    expect(bench.step()).toMatchObject({ decodes: { 2: 1 }, prefills: { 1: 3 } });
    bench.add(1);
    bench.add(1);
    expect(bench.step()).toMatchObject({ decodes: { 2: 1 }, prefills: { 1: 3 } });
    expect(bench.step()).toMatchObject({ decodes: { 2: 1 }, prefills: { 1: 3 } });
    expect(bench.step()).toMatchObject({ decodes: { 1: 1, 2: 1, 3: 1, 4: 1 }, prefills: {} });
  });

  test("goes on with running prompts before it admits waiting ones", () => {
    const bench = new Bench({ maxBatchedTokens: 4, prefillChunkTokens: 4 });
    bench.add(6);
    bench.add(6);
    expect(bench.step()).toMatchObject({ prefills: { 1: 4 } });
    expect(bench.step()).toMatchObject({ prefills: { 1: 2, 2: 2 } });
  });
});

describe("admission", () => {
  test("goes by arrival", () => {
    const bench = new Bench({ maxSequences: 2 });
    bench.add(2, 1);
    bench.add(2, 1);
    bench.add(2, 1);
    expect(bench.step()).toMatchObject({ prefills: { 1: 2, 2: 2 } });
    expect(bench.step()).toMatchObject({ prefills: { 3: 2 } });
  });

  test("runs no more sequences than maxSequences", () => {
    const bench = new Bench({ maxSequences: 2 });
    for (let index = 0; index < 3; index++) bench.add(1);
    bench.step();
    expect([bench.scheduler.runningCount, bench.scheduler.waitingCount]).toEqual([2, 1]);
  });

  test("lets no small prompt overtake a large one that has no room", () => {
    const bench = new Bench({ blocks: 4 });
    bench.add(4);
    bench.add(8);
    bench.add(1);
    bench.step();
    expect([bench.scheduler.runningCount, bench.scheduler.waitingCount]).toEqual([1, 2]);
  });

  test("reserves blocks for the whole prompt, although a step computes a chunk of it", () => {
    const bench = new Bench({ prefillChunkTokens: 2 });
    const sequence = bench.add(9);
    bench.step();
    expect(sequence.table.blocks).toHaveLength(5);
    expect(bench.pool.usedBlocks).toBe(5);
  });

  test("leaves a hundredth of the blocks free, rounded up, while others run", () => {
    const bench = new Bench({ blocks: 101 });
    bench.add(1);
    bench.add(2 * 99);
    bench.step();
    expect([bench.scheduler.runningCount, bench.pool.freeBlocks]).toEqual([1, 100]);
    bench.scheduler.remove(2);
    bench.add(2 * 98);
    bench.step();
    expect([bench.scheduler.runningCount, bench.pool.freeBlocks]).toEqual([2, 2]);
  });

  test("leaves nothing free where no other sequence runs", () => {
    const bench = new Bench({ blocks: 4 });
    bench.add(8);
    bench.step();
    expect([bench.scheduler.runningCount, bench.pool.freeBlocks]).toEqual([1, 0]);
  });
});

describe("preemption", () => {
  /** Two sequences of 4 tokens in 5 blocks of 2: both want a third block for their next token. */
  function crowded(): { bench: Bench; first: Sequence; second: Sequence } {
    const bench = new Bench({ blocks: 5 });
    const [first, second] = [bench.add(4), bench.add(4)];
    bench.step();
    return { bench, first, second };
  }

  test("takes the blocks of the sequence that arrived last", () => {
    const { bench, first, second } = crowded();
    expect(bench.step()).toEqual({ decodes: { 1: 1 }, prefills: {}, preempted: 1 });
    expect(first.table.blocks).toHaveLength(3);
    expect(second.table.blocks).toEqual([]);
    expect(bench.pool.usedBlocks).toBe(3);
  });

  test("keeps the output and computes all of it again", () => {
    const { bench, second } = crowded();
    bench.step();
    expect([second.outputLength, second.length, second.computed]).toEqual([1, 5, 0]);
    bench.scheduler.remove(1);
    expect(bench.step()).toEqual({ decodes: {}, prefills: { 2: 5 }, preempted: 0 });
    expect(second.outputLength).toBe(2);
  });

  test("puts its victims in front of those that wait, in the order of arrival", () => {
    const bench = new Bench({ blocks: 4, maxSequences: 3 });
    const [first] = [bench.add(2), bench.add(2), bench.add(2)];
    bench.add(1);
    bench.step();
    // 1 takes the last free block and 2 the one of 3; two steps later 1 takes those of 2.
    expect(bench.step()).toMatchObject({ decodes: { 1: 1, 2: 1 }, preempted: 1 });
    bench.step();
    expect(bench.step()).toMatchObject({ decodes: { 1: 1 }, preempted: 1 });
    expect([bench.scheduler.runningCount, bench.scheduler.waitingCount]).toEqual([1, 3]);
    bench.scheduler.remove(first.id);
    expect(bench.step()).toMatchObject({ prefills: { 2: 5 } });
    bench.scheduler.remove(2);
    expect(bench.step()).toMatchObject({ decodes: { 4: 1 }, prefills: { 3: 3 } });
  });

  test("may hit the sequence that wants the block", () => {
    const bench = new Bench({ blocks: 6 });
    const [first, second] = [bench.add(6), bench.add(4)];
    bench.step();
    // 1 takes the last free block; 2 wants one too, and arrived last.
    expect(bench.step()).toEqual({ decodes: { 1: 1 }, prefills: {}, preempted: 1 });
    expect([first, second].map(({ table }) => table.blocks.length)).toEqual([4, 0]);
  });

  test("admits nothing in its step, although there is room", () => {
    const bench = new Bench({ blocks: 6 });
    bench.add(4);
    bench.add(6);
    bench.add(1);
    bench.step();
    expect(bench.scheduler.runningCount).toBe(2);
    // 1 takes the last free block, 2 loses its three: 3 would have room now.
    expect(bench.step()).toEqual({ decodes: { 1: 1 }, prefills: {}, preempted: 1 });
    expect(bench.pool.freeBlocks).toBe(3);
    expect(bench.scheduler.waitingCount).toBe(2);
  });
});

describe("removal", () => {
  test.each([
    ["waits", 0],
    ["is within its prompt", 1],
    ["decodes", 3],
  ])("frees a sequence that %s", (_, steps) => {
    const bench = new Bench({ prefillChunkTokens: 2 });
    const sequence = bench.add(4);
    for (let step = 0; step < steps; step++) bench.step();
    bench.scheduler.remove(sequence.id);
    expect(bench.pool.usedBlocks).toBe(0);
    expect([bench.scheduler.runningCount, bench.scheduler.waitingCount]).toEqual([0, 0]);
    expect(bench.step()).toEqual({ decodes: {}, prefills: {}, preempted: 0 });
  });

  test("frees a sequence that was preempted", () => {
    const bench = new Bench({ blocks: 5 });
    bench.add(4);
    bench.add(4);
    bench.step();
    expect(bench.step().preempted).toBe(1);
    bench.scheduler.remove(2);
    expect(bench.scheduler.waitingCount).toBe(0);
    expect(bench.pool.usedBlocks).toBe(3);
  });

  test("leaves the other sequences alone", () => {
    const bench = new Bench();
    for (let index = 0; index < 3; index++) bench.add(2);
    bench.step();
    bench.scheduler.remove(2);
    expect(bench.step().decodes).toEqual({ 1: 1, 3: 1 });
  });

  test("ignores a sequence that is not there", () => {
    const bench = new Bench();
    bench.add(2);
    bench.scheduler.remove(9);
    expect(bench.scheduler.waitingCount).toBe(1);
  });
});

describe("any mix of arrivals, steps and removals", () => {
  type Operation = { add: [promptLength: number, maxTokens: number] } | { remove: number } | "step";

  const operation: fc.Arbitrary<Operation> = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        add: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 8 })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ remove: fc.nat() }) },
    { weight: 5, arbitrary: fc.constant("step" as const) },
  );
  // 10 blocks hold the longest sequence: 12 tokens of prompt and 7 of its 8 that are computed.
  const setting = fc
    .record({
      blocks: fc.integer({ min: 10, max: 24 }),
      maxSequences: fc.integer({ min: 1, max: 6 }),
      maxBatchedTokens: fc.integer({ min: 1, max: 16 }),
      prefillChunkTokens: fc.integer({ min: 1, max: 8 }),
    })
    .filter(({ maxSequences, maxBatchedTokens }) => maxSequences <= maxBatchedTokens);

  /** Plans a step and holds it to every rule. `live` is in the order of arrival. Returns the sequences that ended. */
  function checkedStep(bench: Bench, limits: SchedulerLimits, live: readonly Sequence[]): Sequence[] {
    const ranBefore = new Set(live.filter(({ table }) => table.blocks.length > 0));
    const output = bench.scheduler.schedule();
    const scheduled = [...output.decodes, ...output.prefills];
    const running = live.filter(({ table }) => table.blocks.length > 0);

    const total = scheduled.reduce((sum, { count }) => sum + count, 0);
    expect(total).toBeLessThanOrEqual(limits.maxBatchedTokens);
    if (live.length > 0) expect(total).toBeGreaterThan(0);
    expect(new Set(scheduled.map(({ sequence }) => sequence)).size).toBe(scheduled.length);
    for (const { sequence, start, count, samples } of scheduled) {
      expect(running).toContain(sequence);
      expect(start).toBe(sequence.computed);
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(limits.prefillChunkTokens);
      expect(samples).toBe(start + count === sequence.length);
      expect(sequence.table.blocks.length * BLOCK_SIZE).toBeGreaterThanOrEqual(sequence.length);
    }

    expect(running).toHaveLength(bench.scheduler.runningCount);
    expect(running.length).toBeLessThanOrEqual(limits.maxSequences);
    expect(running).toEqual(live.slice(0, running.length));
    expect(bench.scheduler.waitingCount).toBe(live.length - running.length);
    if (output.preempted > 0) expect(running.filter((sequence) => !ranBefore.has(sequence))).toEqual([]);
    expect(output.preempted).toBe([...ranBefore].filter((sequence) => !running.includes(sequence)).length);

    const decoding = running.filter((sequence) => ranBefore.has(sequence) && sequence.pending === 1);
    const left = decoding.filter((sequence) => !output.decodes.some((entry) => entry.sequence === sequence));
    expect(left).toEqual([]);

    expectOwnedOnce(bench, live);
    return bench.commit(output);
  }

  function expectOwnedOnce({ pool }: Bench, live: readonly Sequence[]): void {
    const owned = live.flatMap(({ table }) => [...table.blocks]);
    expect(new Set(owned).size).toBe(owned.length);
    expect(pool.usedBlocks).toBe(owned.length);
    expect(pool.freeBlocks + pool.usedBlocks).toBe(pool.size);
  }

  test("keeps to the rules at each step and ends every sequence", () => {
    fc.assert(
      fc.property(setting, fc.array(operation, { maxLength: 60 }), ({ blocks, ...limits }, operations) => {
        const bench = new Bench({ blocks, ...limits });
        let live: Sequence[] = [];
        const step = () => {
          const ended = new Set(checkedStep(bench, limits, live));
          live = live.filter((sequence) => !ended.has(sequence));
        };
        for (const next of operations) {
          if (next === "step") step();
          else if ("add" in next) live.push(bench.add(...next.add));
          else if (live.length > 0) bench.scheduler.remove(live.splice(next.remove % live.length, 1)[0].id);
          expectOwnedOnce(bench, live);
        }
        // The oldest sequence computes at least a token of every step, so that all end in time.
        const stepsMax = live.reduce((sum, { length, params }) => sum + length + params.maxTokens, 0);
        for (let count = 0; count < stepsMax && live.length > 0; count++) step();
        expect(live).toEqual([]);
        expect(bench.pool.usedBlocks).toBe(0);
        expect([bench.scheduler.runningCount, bench.scheduler.waitingCount]).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });
});

import fc from "fast-check";
import type { SequenceRequest } from "../../../runtime/src/engine/protocol";
import { Scheduler, type SchedulerLimits } from "../../../runtime/src/engine/scheduler";
import type { SchedulerOutput } from "../../../runtime/src/engine/scheduler-output";
import { Sequence } from "../../../runtime/src/engine/sequence";
import { StepCost } from "../../../runtime/src/engine/step-cost";
import { BlockPool } from "../../../runtime/src/kv/block-pool";
import type { KvCache } from "../../../runtime/src/kv/sequence-cache";
import { greedy } from "../../support/sequences";

const UNLIMITED: SchedulerLimits = {
  maxSequences: 100,
  maxBatchedTokens: 1_000,
  prefillChunkTokens: 1_000,
  schedulingPolicy: "fcfs",
  maxDecodeSlowdown: 2,
  speculativeTokens: 0,
};
const BLOCK_SIZE = 2;
const TOKEN = 7;

/** Costs of a machine on which prompts slow nobody down. */
function freePrompts(): StepCost {
  const cost = new StepCost();
  cost.observe({ decodes: 1, prefillTokens: 0, draftTokens: 0 }, 1);
  cost.observe({ decodes: 0, prefillTokens: 1_000_000, draftTokens: 0 }, 1);
  return cost;
}

/** A scheduler with a pool in which no prefix is shared, and a commit that stands in for the model. */
class Bench {
  readonly pool: BlockPool;
  readonly scheduler: Scheduler;
  private readonly kv: KvCache;
  private nextId = 1;

  constructor({ blocks = 1_000, ...limits }: Partial<SchedulerLimits> & { blocks?: number } = {}) {
    this.pool = new BlockPool(blocks);
    this.kv = { pool: this.pool, blockSize: BLOCK_SIZE };
    this.scheduler = new Scheduler(this.kv, { ...UNLIMITED, ...limits }, freePrompts());
  }

  add(promptLength: number, maxTokens = greedy.maxTokens, traits: Partial<SequenceRequest> = {}): Sequence {
    const id = this.nextId++;
    const request = {
      id,
      promptTokenIds: new Array<number>(promptLength).fill(TOKEN),
      params: { ...greedy, maxTokens },
      priority: 0,
      forks: [],
      ...traits,
    };
    const sequence = Sequence.of(request, id, this.kv);
    this.scheduler.add(sequence);
    return sequence;
  }

  commit({ decodes, prefills }: SchedulerOutput): Sequence[] {
    const ended: Sequence[] = [];
    for (const { sequence, start, count, samples } of [...decodes, ...prefills]) {
      sequence.cache.commit(start + count);
      if (!samples || !sequence.append(TOKEN)) continue;
      this.scheduler.remove(sequence);
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
    expect(first.prefills).toMatchObject([{ sequence, start: 0, count: 3, samples: false }]);
    bench.commit(first);
    expect(bench.scheduler.schedule().prefills).toMatchObject([
      { sequence, start: 3, count: 2, samples: true },
    ]);
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

  test("lets a long prompt beside decodes leave something to those behind it, and gives it what they do not need", () => {
    const bench = new Bench({ maxBatchedTokens: 64, prefillChunkTokens: 32, maxDecodeSlowdown: 1 });
    bench.add(1);
    for (let step = 0; step < 5; step++) bench.step();
    const long = bench.add(200);
    expect(bench.step().prefills).toEqual({ [long.id]: 8 });
    const short = bench.add(3);
    expect(bench.step().prefills).toEqual({ [long.id]: 5, [short.id]: 3 });
    expect(bench.step().prefills).toEqual({ [long.id]: 8 });
    expect(bench.pool.usedBlocks).toBe(11 + 2 + 4);
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

  test("reserves blocks for what a step computes of a prompt, not for all of it", () => {
    const bench = new Bench({ prefillChunkTokens: 3 });
    const sequence = bench.add(9);
    for (const blocks of [2, 3, 5]) {
      bench.step();
      expect(sequence.cache.blocks).toHaveLength(blocks);
      expect(bench.pool.usedBlocks).toBe(blocks);
    }
  });

  test("leaves the blocks alone that a running prompt still lacks", () => {
    const bench = new Bench({ blocks: 10, prefillChunkTokens: 4 });
    bench.add(14);
    bench.add(4);
    bench.step();
    // 2 blocks of 10 are used; 5 are promised to the first prompt and 1 is the watermark: 2 are left.
    expect([bench.scheduler.runningCount, bench.pool.usedBlocks]).toEqual([2, 4]);
    bench.add(1);
    bench.step();
    expect(bench.scheduler.waitingCount).toBe(1);
  });

  test("never lets two long prompts take each other's blocks", () => {
    const bench = new Bench({ blocks: 10, prefillChunkTokens: 4 });
    bench.add(18, 1);
    bench.add(18, 1);
    let preempted = 0;
    let steps = 0;
    for (; bench.scheduler.runningCount + bench.scheduler.waitingCount > 0; steps++)
      preempted += bench.step().preempted;
    expect([preempted, steps]).toEqual([0, 2 * Math.ceil(18 / 4)]);
  });

  test("leaves a hundredth of the blocks free, rounded up, while others run", () => {
    const bench = new Bench({ blocks: 101 });
    bench.add(1);
    bench.add(2 * 99);
    bench.step();
    expect([bench.scheduler.runningCount, bench.pool.freeBlocks]).toEqual([1, 100]);
    bench.scheduler.abort(2);
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
    expect(first.cache.blocks).toHaveLength(3);
    expect(second.cache.blocks).toEqual([]);
    expect(bench.pool.usedBlocks).toBe(3);
  });

  test("keeps the output and computes all of it again", () => {
    const { bench, second } = crowded();
    bench.step();
    expect([second.outputLength, second.length, second.cache.computed]).toEqual([1, 5, 0]);
    bench.scheduler.abort(1);
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
    bench.scheduler.abort(first.id);
    expect(bench.step()).toMatchObject({ prefills: { 2: 5 } });
    bench.scheduler.abort(2);
    expect(bench.step()).toMatchObject({ decodes: { 4: 1 }, prefills: { 3: 3 } });
  });

  test("may hit the sequence that wants the block", () => {
    const bench = new Bench({ blocks: 6 });
    const [first, second] = [bench.add(6), bench.add(4)];
    bench.step();
    // 1 takes the last free block; 2 wants one too, and arrived last.
    expect(bench.step()).toEqual({ decodes: { 1: 1 }, prefills: {}, preempted: 1 });
    expect([first, second].map(({ cache }) => cache.blocks.length)).toEqual([4, 0]);
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
    bench.scheduler.abort(sequence.id);
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
    bench.scheduler.abort(2);
    expect(bench.scheduler.waitingCount).toBe(0);
    expect(bench.pool.usedBlocks).toBe(3);
  });

  test("leaves the other sequences alone", () => {
    const bench = new Bench();
    for (let index = 0; index < 3; index++) bench.add(2);
    bench.step();
    bench.scheduler.abort(2);
    expect(bench.step().decodes).toEqual({ 1: 1, 3: 1 });
  });

  test("ignores a sequence that is not there", () => {
    const bench = new Bench();
    bench.add(2);
    bench.scheduler.abort(9);
    expect(bench.scheduler.waitingCount).toBe(1);
  });
});

describe("the priority policy", () => {
  const priority = { schedulingPolicy: "priority", maxSequences: 1 } as const;

  test("admits the lowest number first, and of equal ones the one that arrived first", () => {
    const bench = new Bench(priority);
    for (const value of [5, 0, 5, -1]) bench.add(2, 1, { priority: value });
    const order = Array.from({ length: 4 }, () => Object.keys(bench.step().prefills)[0]);
    expect(order).toEqual(["4", "2", "1", "3"]);
  });

  test("lets no later arrival of a lower number take a running sequence's place", () => {
    const bench = new Bench(priority);
    bench.add(2, 3, { priority: 5 });
    bench.step();
    bench.add(2, 1, { priority: 0 });
    expect(bench.step().decodes).toEqual({ 1: 1 });
  });

  test("takes the blocks of the highest number, although it arrived first", () => {
    const bench = new Bench({ ...priority, maxSequences: 2, blocks: 5 });
    const first = bench.add(4, 9, { priority: 1 });
    bench.add(4, 9, { priority: 0 });
    bench.step();
    expect(bench.step()).toEqual({ decodes: { 2: 1 }, prefills: {}, preempted: 1 });
    expect(first.cache.blocks).toEqual([]);
  });

  test("is not looked at under fcfs", () => {
    const bench = new Bench({ maxSequences: 1 });
    for (const value of [5, 0]) bench.add(2, 1, { priority: value });
    expect(bench.step().prefills).toEqual({ 1: 2 });
  });
});

describe("deadlines", () => {
  test("end sequences that wait and sequences that run, the earliest first", () => {
    const bench = new Bench({ maxSequences: 1 });
    for (const deadline of [7, 5, undefined, 6]) bench.add(2, 9, { deadline });
    bench.step();
    expect(bench.scheduler.expire(4)).toEqual([]);
    expect(bench.scheduler.expire(6)).toEqual([2, 4]);
    expect([bench.scheduler.runningCount, bench.scheduler.waitingCount]).toEqual([1, 1]);
    expect(bench.scheduler.expire(7)).toEqual([1]);
    expect(bench.pool.usedBlocks).toBe(0);
    expect(bench.step().prefills).toEqual({ 3: 2 });
  });

  test("mean nothing for sequences that have ended", () => {
    const bench = new Bench();
    bench.add(2, 9, { deadline: 1 });
    bench.scheduler.abort(1);
    expect(bench.scheduler.expire(9)).toEqual([]);
  });

  test("end a prompt together with the forks that wait for it", () => {
    const bench = new Bench();
    bench.add(2, 9, { deadline: 1, forks: [{ id: 50, seed: 1 }] });
    expect(bench.scheduler.waitingCount).toBe(2);
    expect(bench.scheduler.expire(1)).toEqual([1, 50]);
    expect(bench.scheduler.waitingCount).toBe(0);
  });
});

describe("the tokens that wait", () => {
  test("are those of prompts, and of all that a preempted sequence has to compute again", () => {
    const bench = new Bench({ blocks: 5 });
    bench.add(4);
    bench.add(4);
    expect(bench.scheduler.waitingTokens).toBe(8);
    bench.step();
    expect(bench.scheduler.waitingTokens).toBe(0);
    bench.step();
    expect(bench.scheduler.waitingTokens).toBe(5);
    bench.scheduler.abort(2);
    expect(bench.scheduler.waitingTokens).toBe(0);
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
  function checkedStep(
    bench: Bench,
    limits: Omit<SchedulerLimits, "schedulingPolicy" | "maxDecodeSlowdown" | "speculativeTokens">,
    live: readonly Sequence[],
  ): Sequence[] {
    const ranBefore = new Set(live.filter(({ cache }) => cache.blocks.length > 0));
    const output = bench.scheduler.schedule();
    const scheduled = [...output.decodes, ...output.prefills];
    const running = live.filter(({ cache }) => cache.blocks.length > 0);

    const total = scheduled.reduce((sum, { count }) => sum + count, 0);
    expect(total).toBeLessThanOrEqual(limits.maxBatchedTokens);
    if (live.length > 0) expect(total).toBeGreaterThan(0);
    expect(new Set(scheduled.map(({ sequence }) => sequence)).size).toBe(scheduled.length);
    for (const { sequence, start, count, samples } of scheduled) {
      expect(running).toContain(sequence);
      expect(start).toBe(sequence.cache.computed);
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(limits.prefillChunkTokens);
      expect(samples).toBe(start + count === sequence.length);
      expect(sequence.cache.blocks).toHaveLength(Math.ceil((start + count) / BLOCK_SIZE));
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
    const owned = live.flatMap(({ cache }) => [...cache.blocks]);
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
          else if (live.length > 0) bench.scheduler.remove(live.splice(next.remove % live.length, 1)[0]);
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

import { CheckpointSchedule } from "../../trainer/src/checkpoint-schedule";

let nowMs = 0;
const now = () => nowMs;

beforeEach(() => {
  nowMs = 5000;
});

test("a checkpoint is due when its time has passed since the last one was written", () => {
  const schedule = new CheckpointSchedule({ everySeconds: 60, step: 0, now });
  expect(schedule.isDue(1)).toBe(false);
  nowMs += 60_000;
  expect(schedule.isDue(2)).toBe(true);
  schedule.saved(2, 300);
  nowMs += 59_999;
  expect(schedule.isDue(3)).toBe(false);
  nowMs += 1;
  expect(schedule.isDue(3)).toBe(true);
});

test("one that was not written is tried again sooner", () => {
  const schedule = new CheckpointSchedule({ everySeconds: 600, step: 0, now });
  nowMs += 600_000;
  schedule.failed(5);
  expect(schedule.isDue(6)).toBe(false);
  expect(schedule.isSaved(5)).toBe(false);
  nowMs += 10_000;
  expect(schedule.isDue(6)).toBe(true);
});

test("steps decide in place of time where they are stated, counted from where the run resumed", () => {
  const schedule = new CheckpointSchedule({ everySeconds: 1, everySteps: 10, step: 7, now });
  nowMs += 1_000_000;
  expect(schedule.isDue(16)).toBe(false);
  expect(schedule.isDue(17)).toBe(true);
  schedule.failed(17);
  expect(schedule.isDue(18)).toBe(false);
  expect(schedule.isDue(27)).toBe(true);
});

test("what was resumed from is saved, and one step further is not", () => {
  const schedule = new CheckpointSchedule({ everySeconds: 1, step: 7, now });
  expect(schedule.isSaved(7)).toBe(true);
  expect(schedule.isSaved(8)).toBe(false);
});

test("a write fits where half as much again as the last one took is left", () => {
  const schedule = new CheckpointSchedule({ everySeconds: 1, step: 0, now });
  expect(schedule.fits(0)).toBe(true);
  schedule.saved(1, 2000);
  expect(schedule.fits(3000)).toBe(true);
  expect(schedule.fits(2999)).toBe(false);
});

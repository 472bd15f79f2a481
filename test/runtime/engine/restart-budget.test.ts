import { RestartBudget } from "../../../runtime/src/engine/restart-budget";

function budget() {
  const clock = { seconds: 1_000 };
  const limits = { restartsMax: 3, windowSeconds: 600, delayMs: 500, delayMsMax: 1_500 };
  return { budget: new RestartBudget(limits, () => clock.seconds), clock };
}

test("a thread that dies is started again after a wait that doubles up to a bound, and so often", () => {
  const { budget: given } = budget();
  expect([given.afterDeath(), given.afterDeath(), given.afterDeath()]).toEqual([500, 1_000, 1_500]);
  expect([given.afterDeath(), given.afterDeath()]).toEqual([undefined, undefined]);
});

test("deaths that lie further back than the window count no more", () => {
  const { budget: given, clock } = budget();
  given.afterDeath();
  clock.seconds += 599;
  expect([given.afterDeath(), given.afterDeath()]).toEqual([1_000, 1_500]);
  clock.seconds += 1;
  expect(given.afterDeath()).toBe(1_500);
  expect(given.afterDeath()).toBeUndefined();
  clock.seconds += 600;
  expect(given.afterDeath()).toBe(500);
});

test("files that stay broken are tried without end, and a repaired model begins anew", () => {
  const { budget: given } = budget();
  const delays = Array.from({ length: 50 }, () => given.afterBrokenFiles());
  expect(delays.slice(0, 3)).toEqual([500, 1_000, 1_500]);
  expect(delays[49]).toBe(1_500);
  given.loaded();
  expect(given.afterBrokenFiles()).toBe(500);
  expect(given.afterDeath()).toBe(500);
});

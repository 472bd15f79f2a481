import { StepWindow } from "../../../runtime/src/engine/step-window";
import { quietStep } from "../../support/step-reports";

function window(seconds: number, stepsMax: number) {
  const clock = { seconds: 0 };
  const steps = new StepWindow(seconds, stepsMax, () => clock.seconds);
  const stepAt = (at: number, figures = {}) => {
    clock.seconds = at;
    steps.stepped({ ...quietStep, step: at, ...figures });
  };
  return { steps, clock, stepAt };
}

test("a window holds the steps of the last while, oldest first, without their tokens", () => {
  const { steps, clock, stepAt } = window(30, 100);
  for (const at of [0, 10, 25, 39]) stepAt(at, { outputs: [{ id: 1, error: "x", code: "engine_error" }] });
  expect(steps.recent().map(({ step }) => step)).toEqual([10, 25, 39]);
  expect(steps.recent()[0]).not.toHaveProperty("outputs");
  clock.seconds = 60;
  expect(steps.recent().map(({ step }) => step)).toEqual([39]);
  clock.seconds = 70;
  expect(steps.recent()).toEqual([]);
  expect(steps.spanOf(steps.recent())).toBe(0);
});

test("a window holds no more than so many steps, however fast they come", () => {
  const { steps, stepAt } = window(30, 10);
  for (let step = 0; step < 1_000; step++) {
    stepAt(step / 1_000, { step });
    expect((steps as unknown as { steps: unknown[] }).steps.length).toBeLessThanOrEqual(20);
  }
  expect(steps.recent().map(({ step }) => step)).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
});

test("a window spans from the beginning of its first step until now", () => {
  const { steps, clock, stepAt } = window(30, 10);
  stepAt(10, { runSeconds: 1.5, outsideSeconds: 0.5 });
  stepAt(14);
  clock.seconds = 20;
  expect(steps.spanOf(steps.recent())).toBe(12);
});

test("the best speed is that of the fastest step with many tokens, and is kept", () => {
  const { steps, clock, stepAt } = window(30, 10);
  stepAt(1, { tokens: 8, runSeconds: 0.001 });
  stepAt(1, { tokens: 100, runSeconds: 0 });
  expect(steps.bestTokensPerSecond).toBeUndefined();
  stepAt(2, { tokens: 100, runSeconds: 0.2 });
  stepAt(3, { tokens: 100, runSeconds: 0.1 });
  stepAt(4, { tokens: 300, runSeconds: 0.5 });
  clock.seconds = 1_000;
  expect(steps.bestTokensPerSecond).toBe(1_000);
});

import { Adam } from "../../trainer/src/adam";
import { Model } from "../../trainer/src/model";
import { Random } from "../../trainer/src/random";
import { Text } from "../../trainer/src/text";

const text = new Text("the quick brown fox jumps over the lazy dog; how vexingly quick daft zebras jump!");
const shape = { vocabularySize: text.vocabulary.length, contextLength: 3, embeddingSize: 4, hiddenSize: 5 };

test("each gradient is what the loss does when its weight is moved", () => {
  const model = new Model(shape, new Random(7, 0));
  const batch = text.batch(7, 1, 6, shape.contextLength);
  model.learn(batch);
  const gradients = model.gradients.all.slice();
  const weights = model.weights.all;
  const h = 1e-5;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i];
    weights[i] = weight + h;
    const above = model.learn(batch);
    weights[i] = weight - h;
    const below = model.learn(batch);
    weights[i] = weight;
    expect(Math.abs((above - below) / (2 * h) - gradients[i])).toBeLessThan(1e-8);
  }
  expect(gradients.filter((gradient) => gradient !== 0).length).toBeGreaterThan(gradients.length / 2);
});

test("an untrained model knows nothing: its loss is that of guessing", () => {
  const model = new Model(shape, new Random(1, 0));
  const loss = model.learn(text.batch(1, 1, 200, shape.contextLength));
  expect(loss).toBeGreaterThan(Math.log(shape.vocabularySize) - 0.2);
  expect(loss).toBeLessThan(Math.log(shape.vocabularySize) + 0.3);
});

test("a text is learned by heart", () => {
  const model = new Model({ ...shape, contextLength: 6, hiddenSize: 30 }, new Random(1, 0));
  const adam = new Adam(model.shape, 0.01);
  let loss = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= 400; step++) {
    loss = model.learn(text.batch(1, step, 32, 6));
    adam.update(model.weights, model.gradients, step);
  }
  expect(loss).toBeLessThan(0.3);
});

test("probabilities are such, however far apart the logits are", () => {
  const model = new Model(shape, new Random(1, 0));
  model.weights.tensors["output.bias"].values[3] = 1e6;
  const probabilities = model.predict(Uint16Array.of(0, 1, 2));
  expect(probabilities[3]).toBe(1);
  expect(probabilities.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1);
});

describe("the data of a step", () => {
  test("is the same whenever it is asked for, and another for another step or seed", () => {
    const batch = (seed: number, step: number) => Array.from(text.batch(seed, step, 20, 3).contexts);
    expect(batch(1, 5)).toEqual(batch(1, 5));
    expect(batch(1, 5)).not.toEqual(batch(1, 6));
    expect(batch(1, 5)).not.toEqual(batch(2, 5));
  });

  test("is what the text holds, from its first character to its last", () => {
    const { contexts, targets } = text.batch(1, 1, 3000, 3);
    const seen = new Set<string>();
    for (let row = 0; row < targets.length; row++) {
      const places = [...contexts.subarray(row * 3, row * 3 + 3), targets[row]];
      seen.add(places.map((place) => text.vocabulary[place]).join(""));
    }
    const content = "the quick brown fox jumps over the lazy dog; how vexingly quick daft zebras jump!";
    const windows = Array.from({ length: content.length - 3 }, (_, i) => content.slice(i, i + 4));
    expect([...seen].sort()).toEqual([...new Set(windows)].sort());
  });
});

test("random numbers fill their range evenly", () => {
  const random = new Random(3, 4);
  const counts = new Array(10).fill(0);
  for (let draw = 0; draw < 10_000; draw++) counts[random.below(10)]++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(130);
});

import { Adam } from "./adam";
import type { TrainerConfig } from "./config";
import type { FileContents, Generation, RunConfiguration } from "./generation";
import { Model, type Parameters, type Tensor } from "./model";
import { Random } from "./random";
import { fillFromSafetensors, toSafetensors } from "./safetensors";
import { Text } from "./text";

/** Steps over which a reported loss is the mean. */
const REPORT_STEPS = 50;

const STATE = "state.safetensors";
const PROGRESS = "progress.json";

/** The mean loss of the steps up to one, in nats a character. */
export type LossReport = Readonly<{ step: number; loss: number }>;

type Progress = {
  step: number;
  /** Sum of the losses since the last report. */
  lossSum: number;
  bestLoss?: number;
  history: LossReport[];
};

/** A training between two of its steps. All that decides about the next ones is in its checkpoint. */
export class TrainingRun {
  readonly text: Text;
  readonly model: Model;
  readonly #config: TrainerConfig;
  readonly #adam: Adam;
  #progress: Progress = { step: 0, lossSum: 0, history: [] };

  constructor(config: TrainerConfig) {
    const { contextLength, embeddingSize, hiddenSize } = config;
    this.#config = config;
    this.text = Text.fromFile(config.textFile, contextLength);
    const shape = { vocabularySize: this.text.vocabulary.length, contextLength, embeddingSize, hiddenSize };
    this.model = new Model(shape, new Random(config.seed, 0));
    this.#adam = new Adam(shape, config.learningRate);
  }

  /** What has to be the same for a checkpoint to be this run's: neither how long it trains nor where its text lies. */
  get configuration(): RunConfiguration {
    const { batchSize, learningRate, seed, contextLength, embeddingSize, hiddenSize } = this.#config;
    const { sha256: text } = this.text;
    return { batchSize, learningRate, seed, contextLength, embeddingSize, hiddenSize, text };
  }

  get step(): number {
    return this.#progress.step;
  }

  get bestLoss(): number | undefined {
    return this.#progress.bestLoss;
  }

  get history(): readonly LossReport[] {
    return this.#progress.history;
  }

  /** Takes a step; the report where one is due. */
  advance(): LossReport | undefined {
    const { seed, batchSize, contextLength } = this.#config;
    const progress = this.#progress;
    progress.step++;
    progress.lossSum += this.model.learn(this.text.batch(seed, progress.step, batchSize, contextLength));
    this.#adam.update(this.model.weights, this.model.gradients, progress.step);
    if (progress.step % REPORT_STEPS !== 0) return undefined;
    const report = { step: progress.step, loss: progress.lossSum / REPORT_STEPS };
    progress.history.push(report);
    progress.bestLoss = Math.min(report.loss, progress.bestLoss ?? Number.POSITIVE_INFINITY);
    progress.lossSum = 0;
    return report;
  }

  checkpoint(): FileContents {
    return {
      [STATE]: toSafetensors(this.#state(), "F64"),
      [PROGRESS]: Buffer.from(JSON.stringify(this.#progress)),
    };
  }

  /** Goes back, or forward, to where a checkpoint was taken. */
  restore({ files }: Generation): void {
    fillFromSafetensors(files[STATE], this.#state());
    this.#progress = JSON.parse(Buffer.from(files[PROGRESS]).toString());
  }

  /** The trained model, in single precision as others read it, and how it came about. */
  result(): FileContents {
    const { step, bestLoss, history } = this.#progress;
    const summary = {
      ...this.configuration,
      steps: step,
      loss: history.at(-1)?.loss,
      bestLoss,
      sample: this.sample(280),
      vocabulary: this.text.vocabulary,
      history,
    };
    return {
      "model.safetensors": toSafetensors(this.model.weights.tensors, "F32"),
      "summary.json": Buffer.from(`${JSON.stringify(summary, undefined, 2)}\n`),
    };
  }

  /** Text as the model writes it, after the beginning of what it learned from. */
  sample(length: number): string {
    const { contextLength, seed } = this.#config;
    const random = new Random(seed, this.step);
    const written = Array.from(this.text.characters.subarray(0, contextLength));
    while (written.length < length) {
      const probabilities = this.model.predict(Uint16Array.from(written.slice(-contextLength)));
      let remaining = random.uniform();
      const drawn = probabilities.findIndex((probability) => {
        remaining -= probability;
        return remaining < 0;
      });
      written.push(drawn === -1 ? probabilities.length - 1 : drawn);
    }
    return written.map((place) => this.text.vocabulary[place]).join("");
  }

  #state(): Record<string, Tensor> {
    return {
      ...named("model", this.model.weights),
      ...named("adam.mean", this.#adam.mean),
      ...named("adam.variance", this.#adam.variance),
    };
  }
}

function named(prefix: string, { tensors }: Parameters): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}.${name}`, tensor]));
}

import { type ModelShape, Parameters } from "./model";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Adam (Kingma and Ba, 2015). Its moments are as much a part of a checkpoint as the weights are. */
export class Adam {
  readonly mean: Parameters;
  readonly variance: Parameters;

  constructor(
    shape: ModelShape,
    readonly learningRate: number,
  ) {
    this.mean = new Parameters(shape);
    this.variance = new Parameters(shape);
  }

  /** @param step number of this update, counted from 1 */
  update({ all: weights }: Parameters, { all: gradients }: Parameters, step: number): void {
    const { all: mean } = this.mean;
    const { all: variance } = this.variance;
    const rate = (this.learningRate * Math.sqrt(1 - BETA2 ** step)) / (1 - BETA1 ** step);
    for (let i = 0; i < weights.length; i++) {
      const gradient = gradients[i];
      mean[i] = BETA1 * mean[i] + (1 - BETA1) * gradient;
      variance[i] = BETA2 * variance[i] + (1 - BETA2) * gradient * gradient;
      weights[i] -= (rate * mean[i]) / (Math.sqrt(variance[i]) + EPSILON);
    }
  }
}

import type { Random } from "./random";
import type { Batch } from "./text";

export type ModelShape = Readonly<{
  vocabularySize: number;
  contextLength: number;
  embeddingSize: number;
  hiddenSize: number;
}>;

export type Tensor = Readonly<{ shape: readonly number[]; values: Float64Array }>;

/** Numbers for each of the model's parameters: weights, gradients or an optimizer's moments. */
export class Parameters {
  /** All of them in one array, for what treats them alike. */
  readonly all: Float64Array;
  /** The same numbers by name. */
  readonly tensors: Readonly<Record<ParameterName, Tensor>>;

  constructor({ vocabularySize, contextLength, embeddingSize, hiddenSize }: ModelShape) {
    const inputSize = contextLength * embeddingSize;
    const count =
      vocabularySize * embeddingSize + hiddenSize * (inputSize + 1) + vocabularySize * (hiddenSize + 1);
    this.all = new Float64Array(count);
    let begin = 0;
    const next = (...shape: number[]): Tensor => {
      const end = begin + shape.reduce((product, size) => product * size, 1);
      const values = this.all.subarray(begin, end);
      begin = end;
      return { shape, values };
    };
    this.tensors = {
      embedding: next(vocabularySize, embeddingSize),
      "hidden.weight": next(hiddenSize, inputSize),
      "hidden.bias": next(hiddenSize),
      "output.weight": next(vocabularySize, hiddenSize),
      "output.bias": next(vocabularySize),
    };
  }
}

type ParameterName = "embedding" | "hidden.weight" | "hidden.bias" | "output.weight" | "output.bias";

/**
 * A neural probabilistic language model (Bengio et al., 2003) over characters: the embeddings of the characters before,
 * one hidden layer of tanh, and a softmax over the vocabulary. In doubles, and in one order, so that the same steps give
 * the same bits.
 */
export class Model {
  readonly weights: Parameters;
  /** What `learn` filled in last. */
  readonly gradients: Parameters;
  readonly #input: Float64Array;
  readonly #inputGradient: Float64Array;
  readonly #hidden: Float64Array;
  readonly #hiddenGradient: Float64Array;
  readonly #probabilities: Float64Array;

  constructor(
    readonly shape: ModelShape,
    random: Random,
  ) {
    this.weights = new Parameters(shape);
    this.gradients = new Parameters(shape);
    for (const { shape: dimensions, values } of Object.values(this.weights.tensors)) {
      if (dimensions.length === 1) continue;
      const bound = 1 / Math.sqrt(dimensions[1]);
      for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * bound;
    }
    this.#input = new Float64Array(shape.contextLength * shape.embeddingSize);
    this.#inputGradient = new Float64Array(this.#input.length);
    this.#hidden = new Float64Array(shape.hiddenSize);
    this.#hiddenGradient = new Float64Array(shape.hiddenSize);
    this.#probabilities = new Float64Array(shape.vocabularySize);
  }

  /** Mean cross-entropy of a batch in nats; the gradients of it are in `gradients` afterwards. */
  learn({ size, contexts, targets }: Batch): number {
    const { contextLength } = this.shape;
    this.gradients.all.fill(0);
    let loss = 0;
    for (let row = 0; row < size; row++) {
      const context = contexts.subarray(row * contextLength, (row + 1) * contextLength);
      this.#predict(context);
      loss -= Math.log(this.#probabilities[targets[row]]);
      this.#propagateBack(context, targets[row], 1 / size);
    }
    return loss / size;
  }

  /** The probability of each character of the vocabulary after a context. Valid until the next call. */
  predict(context: Uint16Array): Float64Array {
    this.#predict(context);
    return this.#probabilities;
  }

  #predict(context: Uint16Array): void {
    const { contextLength, embeddingSize } = this.shape;
    const { tensors } = this.weights;
    const embedding = tensors.embedding.values;
    for (let position = 0; position < contextLength; position++) {
      const begin = context[position] * embeddingSize;
      for (let i = 0; i < embeddingSize; i++)
        this.#input[position * embeddingSize + i] = embedding[begin + i];
    }
    affine(this.#input, tensors["hidden.weight"].values, tensors["hidden.bias"].values, this.#hidden);
    for (let unit = 0; unit < this.#hidden.length; unit++) this.#hidden[unit] = Math.tanh(this.#hidden[unit]);
    affine(this.#hidden, tensors["output.weight"].values, tensors["output.bias"].values, this.#probabilities);
    softmax(this.#probabilities);
  }

  #propagateBack(context: Uint16Array, target: number, share: number): void {
    const { contextLength, embeddingSize } = this.shape;
    const { tensors: weights } = this.weights;
    const { tensors: gradients } = this.gradients;
    const outputGradient = this.#probabilities;
    outputGradient[target] -= 1;
    for (let i = 0; i < outputGradient.length; i++) outputGradient[i] *= share;
    affineBack(
      this.#hidden,
      weights["output.weight"].values,
      outputGradient,
      gradients["output.weight"].values,
      gradients["output.bias"].values,
      this.#hiddenGradient,
    );
    for (let unit = 0; unit < this.#hidden.length; unit++)
      this.#hiddenGradient[unit] *= 1 - this.#hidden[unit] * this.#hidden[unit];
    affineBack(
      this.#input,
      weights["hidden.weight"].values,
      this.#hiddenGradient,
      gradients["hidden.weight"].values,
      gradients["hidden.bias"].values,
      this.#inputGradient,
    );
    for (let position = 0; position < contextLength; position++) {
      const begin = context[position] * embeddingSize;
      for (let i = 0; i < embeddingSize; i++)
        gradients.embedding.values[begin + i] += this.#inputGradient[position * embeddingSize + i];
    }
  }
}

/** `out = weight · input + bias`, a row of the weight for each output. */
function affine(input: Float64Array, weight: Float64Array, bias: Float64Array, out: Float64Array): void {
  for (let row = 0; row < out.length; row++) {
    const begin = row * input.length;
    let sum = bias[row];
    for (let i = 0; i < input.length; i++) sum += weight[begin + i] * input[i];
    out[row] = sum;
  }
}

/** Adds to the gradients of an affine map's weight and bias, and fills in that of its input. */
function affineBack(
  input: Float64Array,
  weight: Float64Array,
  outGradient: Float64Array,
  weightGradient: Float64Array,
  biasGradient: Float64Array,
  inputGradient: Float64Array,
): void {
  inputGradient.fill(0);
  for (let row = 0; row < outGradient.length; row++) {
    const begin = row * input.length;
    const gradient = outGradient[row];
    biasGradient[row] += gradient;
    for (let i = 0; i < input.length; i++) {
      weightGradient[begin + i] += gradient * input[i];
      inputGradient[i] += gradient * weight[begin + i];
    }
  }
}

/** Logits to probabilities, in place. The largest is taken off first, so that none overflows. */
function softmax(values: Float64Array): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > largest) largest = value;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.exp(values[i] - largest);
    sum += values[i];
  }
  for (let i = 0; i < values.length; i++) values[i] /= sum;
}

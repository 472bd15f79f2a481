/** @jest-environment <rootDir>/test/support/native-arrays-environment.ts */
import fc from "fast-check";
import { openCheckpoint } from "../../../runtime/src/model/checkpoint";
import { decoderTensors } from "../../../runtime/src/model/decoder-tensors";
import { ModelRunner } from "../../../runtime/src/model/model-runner";
import { readDecoderConfig } from "../../support/decoder-config";
import { naiveLogits } from "../../support/naive-decoder";
import type { TensorSpec } from "../../support/safetensors";
import { lastLogits, logitsOf, stepOf } from "../../support/scores";
import { removeTemporaryDirectories } from "../../support/temporary-directory";
import { tinyCheckpoint, tinyConfig } from "../../support/tiny-checkpoint";

const BLOCK_SIZE = 4;
const MAX_LENGTH = 24;
const TOLERANCE = 2e-4;

const scaledRopes = [
  { rope_type: "default", rope_theta: 10_000 },
  { rope_type: "default", rope_theta: 20 },
  { rope_type: "linear", rope_theta: 500, factor: 2 },
  {
    rope_type: "llama3",
    rope_theta: 1_000,
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 16,
  },
];
const oneRope = { rope_parameters: fc.constantFrom(...scaledRopes) };
const attentionBias = { attention_bias: fc.boolean() };
const window = fc.integer({ min: 1, max: MAX_LENGTH + 2 });
const layerTypes = fc.tuple(layerType(), layerType());
// Small caps bend scores as small as these, so that a cap that is missing shows.
const softcap = fc.constantFrom(null, 0.5, 3);
const queryPreAttnScalar = fc.constantFrom(1, 8, 50);

/** For each family the settings that it knows. */
const families: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  llama: { ...oneRope, ...attentionBias, mlp_bias: fc.boolean(), hidden_act: activation() },
  mistral: { ...oneRope, sliding_window: fc.option(window) },
  qwen2: {
    ...oneRope,
    sliding_window: window,
    use_sliding_window: fc.boolean(),
    max_window_layers: fc.integer({ min: 0, max: 2 }),
  },
  qwen3: {
    ...oneRope,
    ...attentionBias,
    sliding_window: window,
    use_sliding_window: fc.constant(true),
    layer_types: layerTypes,
  },
  gemma: { ...oneRope, ...attentionBias, hidden_activation: activation() },
  gemma2: {
    ...oneRope,
    ...attentionBias,
    hidden_activation: activation(),
    sliding_window: window,
    layer_types: fc.option(layerTypes),
    query_pre_attn_scalar: queryPreAttnScalar,
    attn_logit_softcapping: softcap,
    final_logit_softcapping: softcap,
  },
  gemma3_text: {
    ...attentionBias,
    rope_parameters: fc.record({
      full_attention: fc.constantFrom(...scaledRopes),
      sliding_attention: fc.constantFrom(...scaledRopes),
    }),
    hidden_activation: activation(),
    sliding_window: window,
    layer_types: layerTypes,
    query_pre_attn_scalar: queryPreAttnScalar,
    final_logit_softcapping: softcap,
  },
  phi3: {
    rope_parameters: fc.record({
      rope_type: fc.constant("default"),
      rope_theta: fc.constantFrom(100, 10_000),
      partial_rotary_factor: fc.constantFrom(0.5, 0.75, 1),
    }),
    sliding_window: fc.option(window),
    head_dim: fc.constant(8),
  },
};

const configs = fc.oneof(
  ...Object.entries(families).map(([model_type, settings]) =>
    fc.record({
      model_type: fc.constant(model_type),
      num_attention_heads: fc.constantFrom(2, 4),
      group: fc.constantFrom(1, 2),
      head_dim: fc.constantFrom(4, 8),
      tie_word_embeddings: fc.boolean(),
      ...settings,
    }),
  ),
);

const sequences = fc.array(
  fc.record({
    tokens: fc.array(fc.integer({ min: 0, max: tinyConfig.vocab_size - 1 }), {
      minLength: 2,
      maxLength: MAX_LENGTH,
      size: "max",
    }),
    // Not a double: half of those that are drawn are next to zero.
    cachedPercent: fc.integer({ min: 0, max: 99 }),
  }),
  { minLength: 1, maxLength: 4 },
);

afterAll(removeTemporaryDirectories);

test("gives for any family, configuration, storage and mix of cached and new tokens what plain loops give", async () => {
  await fc.assert(
    fc.asyncProperty(
      configs,
      fc.constantFrom("F32", "F16", "BF16"),
      sequences,
      fc.integer(),
      async (shape, dtype, batch, seed) => {
        const { group, ...settings } = shape;
        const json = {
          ...tinyConfig,
          hidden_act: undefined,
          ...settings,
          num_key_value_heads: settings.num_attention_heads / group,
        };
        const { config } = readDecoderConfig(json);
        const { weights, tensors } = randomWeights(json, dtype, seed);
        const checkpoint = openCheckpoint(tinyCheckpoint(tensors, { "config.json": json }));
        const blocksEach = MAX_LENGTH / BLOCK_SIZE;
        const runner = await ModelRunner.create(checkpoint, {
          blockSize: BLOCK_SIZE,
          blocks: 1 + batch.length * blocksEach,
          maxModelLen: MAX_LENGTH,
          threads: 1,
          kvCachePrecision: "float32",
        });
        const entries = batch.map(({ tokens, cachedPercent }, index) => {
          const start = Math.floor((cachedPercent / 100) * tokens.length);
          // Blocks of one sequence lie apart from each other and in no order.
          const blocks = Array.from(
            { length: blocksEach },
            (_, at) => 1 + index + (blocksEach - 1 - at) * batch.length,
          );
          return { tokens, start, blocks };
        });
        for (const { tokens, start, blocks } of entries)
          if (start > 0)
            await runner.run(
              stepOf([{ ...lastLogits, tokenIds: tokens.slice(0, start), start: 0, blocks, scoredRows: 0 }]),
            );
        const step = stepOf(
          entries.map(({ tokens, start, blocks }) => ({
            tokenIds: tokens.slice(start),
            start,
            blocks,
            ...lastLogits,
          })),
        );

        const logits = logitsOf(await runner.run(step));

        const order = [...step.decodes, ...step.prefills].map(({ blocks }) =>
          entries.find((entry) => entry.blocks === blocks),
        );
        const expected = order.map((entry) => naiveLogits(config, weights, entry?.tokens ?? []));
        const differences = expected.flatMap((row, at) =>
          row.map((value, token) => Math.abs(value - logits[at][token])),
        );
        expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
        await runner.release();
      },
    ),
    { numRuns: 160 },
  );
});

function layerType(): fc.Arbitrary<string> {
  return fc.constantFrom("full_attention", "sliding_attention");
}

function activation(): fc.Arbitrary<string> {
  return fc.constantFrom("silu", "gelu_pytorch_tanh");
}

/** Weights that every dtype stores exactly, as numbers and as bytes. */
function randomWeights(json: Readonly<Record<string, unknown>>, dtype: string, seed: number) {
  const weights: Record<string, number[]> = {};
  const tensors: Record<string, TensorSpec> = {};
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (Math.floor((state / 2 ** 32) * 129) - 64) / 128;
  };
  for (const { name, shape } of decoderTensors(readDecoderConfig(json).config)) {
    const length = shape.reduce((product, dim) => product * dim, 1);
    weights[name] = Array.from({ length }, next);
    tensors[name] = { dtype, shape, data: bytesOf(weights[name], dtype) };
  }
  return { weights, tensors };
}

function bytesOf(values: readonly number[], dtype: string): Uint8Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  if (dtype === "F32") return new Uint8Array(bits.buffer);
  const halves = Uint16Array.from(bits, dtype === "BF16" ? (bit) => bit >>> 16 : float16Bits);
  return new Uint8Array(halves.buffer);
}

/** Of a float32 that float16 holds exactly as a normal number, or zero. */
function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  return exponent === 0 ? sign : sign | ((exponent - 112) << 10) | ((bits >>> 13) & 0x3ff);
}

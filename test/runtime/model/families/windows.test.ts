import { readDecoderConfig } from "../../../support/decoder-config";
import { findingsOf } from "../../../support/findings";
import { tinyConfig } from "../../../support/tiny-checkpoint";

type Json = Readonly<Record<string, unknown>>;

const read = (model_type: string, json: Json) =>
  readDecoderConfig({
    ...tinyConfig,
    model_type,
    hidden_act: undefined,
    rope_parameters: undefined,
    num_hidden_layers: 4,
    ...json,
  });
const windows = (family: string, json: Json) =>
  read(family, json).config.layerAttention.map(({ window }) => window ?? "full");
const refusals = (family: string, json: Json) => findingsOf(() => read(family, json));
const alternating = ["full_attention", "sliding_attention", "full_attention", "sliding_attention"];

describe("the window of each layer", () => {
  test.each([
    ["llama", {}, ["full", "full", "full", "full"]],
    ["gemma", {}, ["full", "full", "full", "full"]],
    ["mistral", {}, [4_096, 4_096, 4_096, 4_096]],
    ["mistral", { sliding_window: 24 }, [24, 24, 24, 24]],
    ["mistral", { sliding_window: null }, ["full", "full", "full", "full"]],
    ["phi3", {}, ["full", "full", "full", "full"]],
    ["phi3", { sliding_window: null }, ["full", "full", "full", "full"]],
    ["phi3", { sliding_window: 2_047 }, [2_047, 2_047, 2_047, 2_047]],
    ["qwen2", { sliding_window: 24 }, ["full", "full", "full", "full"]],
    ["qwen2", { sliding_window: 24, max_window_layers: 2 }, ["full", "full", "full", "full"]],
    ["qwen2", { use_sliding_window: true, max_window_layers: 3 }, ["full", "full", "full", 4_096]],
    ["qwen2", { use_sliding_window: true, sliding_window: 24, max_window_layers: 0 }, [24, 24, 24, 24]],
    ["qwen2", { use_sliding_window: true, sliding_window: 24 }, ["full", "full", "full", "full"]],
    [
      "qwen2",
      { use_sliding_window: true, sliding_window: null, max_window_layers: 0 },
      ["full", "full", "full", "full"],
    ],
    [
      "qwen3",
      { use_sliding_window: true, sliding_window: 24, max_window_layers: 0, layer_types: alternating },
      ["full", 24, "full", 24],
    ],
    ["gemma2", {}, [4_096, "full", 4_096, "full"]],
    ["gemma2", { sliding_window: 24, layer_types: alternating }, ["full", 24, "full", 24]],
    ["gemma3_text", { num_hidden_layers: 7 }, [4_096, 4_096, 4_096, 4_096, 4_096, "full", 4_096]],
    ["gemma3_text", { sliding_window: 24, sliding_window_pattern: 2 }, [24, "full", 24, "full"]],
    ["gemma3_text", { sliding_window: 24, _sliding_window_pattern: 3 }, [24, 24, "full", 24]],
    [
      "gemma3_text",
      { sliding_window: 24, _sliding_window_pattern: 3, layer_types: alternating },
      ["full", 24, "full", 24],
    ],
  ] as const)("of %s with %j", (family, json, expected) => {
    expect(windows(family, json)).toEqual(expected);
  });

  test.each([
    [
      "mistral",
      { layer_types: alternating },
      `layer_types is not supported: every layer of this family has the window that sliding_window states, got ${JSON.stringify(alternating)}`,
    ],
    ["mistral", { sliding_window: 0 }, "sliding_window must be a positive integer, got 0"],
    [
      "gemma2",
      { layer_types: ["full_attention"] },
      'layer_types must name 4 times one of full_attention, sliding_attention, got ["full_attention"]',
    ],
    [
      "gemma2",
      { num_hidden_layers: 1, layer_types: ["chunked_attention"] },
      'layer_types must name 1 times one of full_attention, sliding_attention, got ["chunked_attention"]',
    ],
    [
      "gemma3_text",
      { sliding_window: null },
      "sliding_window must be in use, since layers are of type sliding_attention, got null",
    ],
    [
      "qwen3",
      { layer_types: alternating },
      "sliding_window must be in use, since layers are of type sliding_attention, got null",
    ],
    ["qwen2", { max_window_layers: -1 }, "max_window_layers must be a whole number from 0, got -1"],
    ["qwen2", { use_sliding_window: 1 }, "use_sliding_window must be true or false, got 1"],
  ])("is refused for %s with %j", (family, json, finding) => {
    expect(refusals(family, json)).toEqual([`config.json: ${finding}`]);
  });
});

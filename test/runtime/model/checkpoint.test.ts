import { mkdirSync, truncateSync } from "node:fs";
import { basename, join } from "node:path";
import { openCheckpoint } from "../../../runtime/src/model/checkpoint";
import { CheckpointError } from "../../../runtime/src/model/checkpoint-error";
import { findingsOf } from "../../support/findings";
import { writeSafetensors } from "../../support/safetensors";
import { removeTemporaryDirectories } from "../../support/temporary-directory";
import {
  directoryOf,
  type Tensors,
  tinyCheckpoint,
  tinyConfig,
  tinyTensors,
} from "../../support/tiny-checkpoint";

const INDEX = "model.safetensors.index.json";
const refusals = (directory: string) => findingsOf(() => openCheckpoint(directory));

/** A checkpoint in several files with an index. */
function sharded(shards: Readonly<Record<string, Tensors>>): string {
  const weightMap = Object.fromEntries(
    Object.entries(shards).flatMap(([file, tensors]) => Object.keys(tensors).map((name) => [name, file])),
  );
  const directory = directoryOf({ "config.json": tinyConfig, [INDEX]: { weight_map: weightMap } });
  for (const [file, tensors] of Object.entries(shards)) writeSafetensors(join(directory, file), tensors);
  return directory;
}

/** The tiny model's tensors in two halves. */
function halves(): [Tensors, Tensors] {
  const entries = Object.entries(tinyTensors());
  return [Object.fromEntries(entries.slice(0, 9)), Object.fromEntries(entries.slice(9))];
}

afterEach(removeTemporaryDirectories);

describe("a checkpoint", () => {
  test("is read from its directory", () => {
    const directory = tinyCheckpoint();
    const checkpoint = openCheckpoint(directory);
    expect(checkpoint).toMatchObject({ directory, name: basename(directory), warnings: [] });
    expect([...checkpoint.tensors.keys()].sort()).toEqual(Object.keys(tinyTensors()).sort());
    expect(checkpoint.config).toMatchObject({ layers: 2, vocabSize: 32 });
  });

  test("knows how many weights it has", () => {
    // Embedding 32 x 16; per layer q, o 16 x 16, k, v 8 x 16, gate, up, down 24 x 16 and two norms of 16; a last norm.
    const perLayer = 2 * 16 * 16 + 2 * 8 * 16 + 3 * 24 * 16 + 2 * 16;
    expect(openCheckpoint(tinyCheckpoint()).parameters).toBe(32 * 16 + 2 * perLayer + 16);
  });

  test.each(["F32", "F16", "BF16"])("may hold its weights as %s", (dtype) => {
    const tensors = Object.entries(tinyTensors()).map(([name, { shape }]) => [name, { dtype, shape }]);
    const { tensors: stored } = openCheckpoint(tinyCheckpoint(Object.fromEntries(tensors)));
    expect(new Set([...stored.values()].map(({ dtype: read }) => read))).toEqual(new Set([dtype]));
  });

  test("may lie in several files with an index", () => {
    const [one, two] = halves();
    const { tensors } = openCheckpoint(sharded({ "1.safetensors": one, "2.safetensors": two }));
    for (const name of Object.keys(one)) expect(tensors.get(name)?.file).toBe("1.safetensors");
    for (const name of Object.keys(two)) expect(tensors.get(name)?.file).toBe("2.safetensors");
  });

  test("may lie in several files without an index", () => {
    const [one, two] = halves();
    const directory = directoryOf({ "config.json": tinyConfig });
    writeSafetensors(join(directory, "1.safetensors"), one);
    writeSafetensors(join(directory, "2.safetensors"), two);
    expect(openCheckpoint(directory).tensors.size).toBe(Object.keys(tinyTensors()).length);
  });

  test("ignores files that its index does not name", () => {
    const [one, two] = halves();
    const directory = sharded({ "1.safetensors": one, "2.safetensors": two });
    writeSafetensors(join(directory, "consolidated.safetensors"), { other: { shape: [1] } });
    expect(refusals(directory)).toEqual([]);
  });

  test("ignores files beside model.safetensors", () => {
    const directory = tinyCheckpoint();
    writeSafetensors(join(directory, "old.safetensors"), tinyTensors());
    const files = [...openCheckpoint(directory).tensors.values()].map(({ file }) => file);
    expect(new Set(files)).toEqual(new Set(["model.safetensors"]));
  });

  test("ignores an index beside model.safetensors, as transformers does", () => {
    const [one, two] = halves();
    const directory = sharded({ "1.safetensors": one, "2.safetensors": two });
    writeSafetensors(join(directory, "model.safetensors"), tinyTensors());
    const files = [...openCheckpoint(directory).tensors.values()].map(({ file }) => file);
    expect(new Set(files)).toEqual(new Set(["model.safetensors"]));
  });

  test("may store tensors that follow from others", () => {
    const tensors = {
      ...tinyTensors(),
      "lm_head.weight": { shape: [32, 16] },
      "model.layers.0.self_attn.rotary_emb.inv_freq": { shape: [4] },
    };
    expect(refusals(tinyCheckpoint(tensors))).toEqual([]);
  });

  test("warns of settings that are not used", () => {
    const directory = tinyCheckpoint(tinyTensors(), { "config.json": { ...tinyConfig, logit_scale: 2 } });
    expect(openCheckpoint(directory).warnings).toEqual(["config.json: logit_scale is unknown and not used"]);
  });
});

describe("a checkpoint's generation settings", () => {
  const withFiles = (config: object, generation?: object) =>
    openCheckpoint(
      tinyCheckpoint(tinyTensors(), {
        "config.json": { ...tinyConfig, ...config },
        ...(generation && { "generation_config.json": generation }),
      }),
    );

  test.each([
    ["config.json", { eos_token_id: 3 }, undefined, [3]],
    ["generation_config.json, which wins", { eos_token_id: 3 }, { eos_token_id: [4, 5] }, [4, 5]],
    ["config.json where the other names none", { eos_token_id: 3 }, { temperature: 1 }, [3]],
    ["nowhere", { eos_token_id: null }, undefined, []],
  ])("name the tokens that end a completion: %s", (_, config, generation, expected) => {
    expect(withFiles(config, generation).eosTokenIds).toEqual(expected);
  });

  test.each([
    [undefined, {}],
    [{}, { temperature: undefined, topP: undefined, topK: undefined }],
    [
      { do_sample: true, temperature: 0.6, top_p: 0.9, top_k: 20 },
      { temperature: 0.6, topP: 0.9, topK: 20 },
    ],
    [{ do_sample: false, temperature: 0.6 }, { temperature: 0 }],
    [
      { do_sample: false, repetition_penalty: 1.1 },
      { temperature: 0, repetitionPenalty: 1.1 },
    ],
    [
      { min_p: 0.05, repetition_penalty: 1.05 },
      { minP: 0.05, repetitionPenalty: 1.05 },
    ],
    [{ temperature: 0.5, top_k: null }, { temperature: 0.5 }],
  ])("recommend how to sample: %j", (generation, expected) => {
    expect(withFiles({}, generation).samplingDefaults).toEqual(expected);
  });
});

describe("a checkpoint is refused", () => {
  test("with every sampling recommendation that no request could make", () => {
    const generation = { temperature: "hot", top_p: 7, top_k: 2.5 };
    const directory = tinyCheckpoint(tinyTensors(), { "generation_config.json": generation });
    expect(refusals(directory)).toEqual([
      'generation_config.json: temperature must be a number from 0, got "hot"',
      "generation_config.json: top_p must be above 0 and at most 1, got 7",
      "generation_config.json: top_k must be a whole number from 0, got 2.5",
    ]);
  });

  test.each(["two", -1, 32, [3, 1.5]])("where %j is to end a completion", (eos) => {
    expect(
      refusals(tinyCheckpoint(tinyTensors(), { "generation_config.json": { eos_token_id: eos } })),
    ).toEqual([`eos_token_id must name tokens from 0 to 31, one or a list, got ${JSON.stringify(eos)}`]);
  });

  test("where two files hold the same tensor", () => {
    const [one, two] = halves();
    const directory = directoryOf({ "config.json": tinyConfig });
    writeSafetensors(join(directory, "1.safetensors"), one);
    writeSafetensors(join(directory, "2.safetensors"), {
      ...two,
      "model.embed_tokens.weight": { shape: [32, 16] },
    });
    expect(refusals(directory)).toEqual([
      "tensor model.embed_tokens.weight is in 1.safetensors and in 2.safetensors: remove one of them",
    ]);
  });

  test("where its weights are a folder", () => {
    const directory = directoryOf({ "config.json": tinyConfig });
    mkdirSync(join(directory, "model.safetensors"));
    expect(refusals(directory)).toEqual([
      "model.safetensors is missing, a broken link or no file: download it again",
    ]);
  });

  test("where its directory does not exist", () => {
    expect(refusals("/no/such/checkpoint")).toEqual(["no such directory: /no/such/checkpoint"]);
  });

  test("where its path is a file", () => {
    const path = join(tinyCheckpoint(), "config.json");
    expect(refusals(path)).toEqual([`no such directory: ${path}`]);
  });

  test("where it has no config.json", () => {
    expect(refusals(directoryOf({}))).toEqual([expect.stringContaining("has no config.json")]);
  });

  test.each(["config.json", "generation_config.json", INDEX])("where %s is not JSON", (file) => {
    expect(refusals(tinyCheckpoint(tinyTensors(), { [file]: "{" }))).toEqual([
      expect.stringMatching(`^${file} is not JSON: `),
    ]);
  });

  test.each([
    ["config.json", "null"],
    ["config.json", "[]"],
    ["generation_config.json", '"text"'],
    [INDEX, "3"],
  ])("where %s holds %s and no object", (file, content) => {
    expect(refusals(tinyCheckpoint(tinyTensors(), { [file]: content }))).toEqual([
      `${file} must hold a JSON object, got ${content}`,
    ]);
  });

  test("where it has no weights", () => {
    expect(refusals(directoryOf({ "config.json": tinyConfig, "pytorch_model.bin": "" }))).toEqual([
      expect.stringContaining("has no *.safetensors: convert the weights to safetensors"),
    ]);
  });

  test("with every tensor that is missing, misshapen, of an unusable dtype or has no place", () => {
    const { "model.norm.weight": _, ...tensors } = tinyTensors();
    const directory = tinyCheckpoint({
      ...tensors,
      "model.embed_tokens.weight": { shape: [31, 16] },
      "model.layers.0.mlp.up_proj.weight": { dtype: "F64", shape: [24, 16] },
      "model.layers.1.mlp.up_proj.weight": { dtype: "I8", shape: [24, 16] },
      "model.layers.2.mlp.up_proj.weight": { shape: [24, 16] },
      "model.layers.0.self_attn.q_proj.bias": { shape: [16] },
    });
    expect(() => openCheckpoint(directory)).toThrow(CheckpointError);
    expect([...refusals(directory)].sort()).toEqual([
      "tensor model.embed_tokens.weight must be [32,16] as config.json has it, got [31,16] in model.safetensors",
      "tensor model.layers.0.mlp.up_proj.weight must be one of F32, F16, BF16, got F64",
      "tensor model.layers.0.self_attn.q_proj.bias in model.safetensors has no place in this architecture",
      "tensor model.layers.1.mlp.up_proj.weight must be one of F32, F16, BF16, got I8",
      "tensor model.layers.2.mlp.up_proj.weight in model.safetensors has no place in this architecture",
      "tensor model.norm.weight [16] is missing",
    ]);
  });

  test.each([
    ["language_model.", "language_model.model.embed_tokens.weight"],
    ["", "embed_tokens.weight"],
  ])("with one word where all names begin otherwise, as with %j", (prefix, found) => {
    const renamed = Object.entries(tinyTensors()).map(([name, spec]) => [
      prefix === "" ? name.replace(/^model\./, "") : `${prefix}${name}`,
      spec,
    ]);
    expect(findingsOf(() => openCheckpoint(tinyCheckpoint(Object.fromEntries(renamed))))).toEqual([
      `the embedding is tensor ${found}, not model.embed_tokens.weight: the weights were saved as part of another ` +
        "model or without their head; save the model itself, a ...ForCausalLM, with save_pretrained",
    ]);
  });

  test("with unsupported settings, misplaced tensors and broken files together", () => {
    const { "model.norm.weight": _, ...tensors } = tinyTensors();
    const directory = tinyCheckpoint(tensors, {
      "config.json": { ...tinyConfig, hidden_act: "gelu" },
      "generation_config.json": "{",
    });
    expect(refusals(directory)).toEqual([
      expect.stringContaining("hidden_act is not supported"),
      "tensor model.norm.weight [16] is missing",
      expect.stringContaining("generation_config.json is not JSON"),
    ]);
  });

  test("without a word about tensors where the architecture is another", () => {
    expect(refusals(tinyCheckpoint({}, { "config.json": { ...tinyConfig, model_type: "gpt2" } }))).toEqual([
      expect.stringContaining("model_type is not supported"),
    ]);
  });

  test("where an output head of its own is missing", () => {
    const files = { "config.json": { ...tinyConfig, tie_word_embeddings: false } };
    expect(refusals(tinyCheckpoint(tinyTensors(), files))).toEqual([
      "tensor lm_head.weight [32,16] is missing",
    ]);
  });

  test("where a transposed matrix has the right number of elements", () => {
    const tensors = { ...tinyTensors(), "model.layers.0.mlp.up_proj.weight": { shape: [16, 24] } };
    expect(refusals(tinyCheckpoint(tensors))).toEqual([expect.stringContaining("must be [24,16]")]);
  });

  test("where its index names files that are missing, with each of them", () => {
    const [one] = halves();
    const directory = directoryOf({
      "config.json": tinyConfig,
      [INDEX]: {
        weight_map: { a: "1.safetensors", b: "2.safetensors", c: "3.safetensors", d: "3.safetensors" },
      },
    });
    writeSafetensors(join(directory, "1.safetensors"), one);
    expect(refusals(directory)).toEqual([
      "2.safetensors is missing, a broken link or no file: download it again",
      "3.safetensors is missing, a broken link or no file: download it again",
    ]);
  });

  test.each(["../weights.safetensors", "/etc/passwd", "shards/1.safetensors", "..", "."])(
    "where its index names %s, which is no file of the directory",
    (file) => {
      const directory = directoryOf({ "config.json": tinyConfig, [INDEX]: { weight_map: { a: file } } });
      expect(refusals(directory)).toEqual([
        `${INDEX} names ${file}, which is not a file of the directory itself`,
      ]);
    },
  );

  test.each([[null], ["model.safetensors"], [[]]])("where its index maps weights as %j", (weightMap) => {
    const directory = directoryOf({ "config.json": tinyConfig, [INDEX]: { weight_map: weightMap } });
    expect(refusals(directory)).toEqual([
      `${INDEX}: weight_map must map tensors to files, got ${JSON.stringify(weightMap)}`,
    ]);
  });

  test("where files are cut off, with all of them", () => {
    const [one, two] = halves();
    const directory = sharded({ "1.safetensors": one, "2.safetensors": two });
    for (const file of ["1.safetensors", "2.safetensors"]) truncateSync(join(directory, file), 5);
    expect(refusals(directory)).toEqual([
      expect.stringMatching(/^1.safetensors: not a safetensors file, or cut off/),
      expect.stringMatching(/^2.safetensors: not a safetensors file, or cut off/),
    ]);
  });
});

import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { convertCheckpoint } from "../../../runtime/src/artifacts/convert";
import { crc32c } from "../../../runtime/src/artifacts/crc32c";
import { noProgress, type Progress } from "../../../runtime/src/artifacts/progress";
import { verifyArtifact } from "../../../runtime/src/artifacts/verify";
import { openCheckpoint } from "../../../runtime/src/model/checkpoint";
import { CheckpointError } from "../../../runtime/src/model/checkpoint-error";
import type { Manifest } from "../../../runtime/src/model/manifest";
import { dequantizeBlocks } from "../../../runtime/src/model/quantization/block-quantization";
import { withTensorBytes } from "../../../runtime/src/model/tensor-bytes";
import { bard } from "../../support/checkpoints";
import { findingsOf } from "../../support/findings";
import { randomCheckpoint } from "../../support/quantized-checkpoint";
import { writeSafetensors } from "../../support/safetensors";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";
import { directoryOf, tinyCheckpoint, tinyConfig, tinyTensors } from "../../support/tiny-checkpoint";

afterEach(removeTemporaryDirectories);

const target = () => join(temporaryDirectory(), "artifact");
const quietly = { progress: noProgress };

async function failure(work: Promise<unknown>): Promise<readonly string[]> {
  const cause = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  return findingsOf(() => {
    if (cause) throw cause;
  });
}

const manifestOf = (directory: string): Manifest =>
  JSON.parse(readFileSync(join(directory, "plinth.json"), "utf8"));

describe("an artifact", () => {
  test.each([
    ["fp32", 4, "F32"],
    ["fp16", 2, "F16"],
    ["int8", 1.125, "Q8"],
    ["w8a8", 1.125, "I8"],
    ["int4", 0.625, "Q4"],
  ] as const)("of %s weights holds matrices at %d bytes a weight", async (weights, bytesEach, dtype) => {
    const { directory } = randomCheckpoint({ tie_word_embeddings: false });
    const out = target();
    await convertCheckpoint(directory, out, { ...quietly, weights });
    const { tensors } = openCheckpoint(out);
    const matrix = tensors.get("model.layers.1.mlp.up_proj.weight");
    expect(matrix).toMatchObject({ dtype, shape: [64, 32] });
    expect(((matrix?.length ?? 0) + (matrix?.scales?.length ?? 0)) / (64 * 32)).toBe(bytesEach);
    expect(tensors.get("model.norm.weight")?.dtype).toBe("F32");
    const embedding = dtype === "Q4" ? "Q8" : dtype;
    expect(tensors.get("model.embed_tokens.weight")?.dtype).toBe(embedding);
  });

  test("is made of a sharded checkpoint of 16-bit weights like of one file of 32-bit ones", async () => {
    const settings = { tie_word_embeddings: false };
    const { directory, weights } = randomCheckpoint(settings);
    const halves = (values: readonly number[]) =>
      new Uint8Array(
        Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (bits) => bits >>> 16).buffer,
      );
    const { tensors } = openCheckpoint(directory);
    const specs = [...tensors].map(([name, { shape }]) => ({
      name,
      spec: { dtype: "BF16", shape, data: halves(weights[name]) },
    }));
    const config = readFileSync(join(directory, "config.json"));
    const sharded = directoryOf({ "config.json": config });
    const index: Record<string, string> = {};
    for (const shard of [0, 1]) {
      const file = `model-0000${shard + 1}-of-00002.safetensors`;
      const part = specs.filter((_, at) => at % 2 === shard);
      writeSafetensors(join(sharded, file), Object.fromEntries(part.map(({ name, spec }) => [name, spec])));
      for (const { name } of part) index[name] = file;
    }
    writeFileSync(join(sharded, "model.safetensors.index.json"), JSON.stringify({ weight_map: index }));

    const out = target();
    await convertCheckpoint(sharded, out, { ...quietly, weights: "fp32" });

    const artifact = openCheckpoint(out);
    withTensorBytes(out, (bytes) => {
      for (const { name, spec } of specs) {
        const stored = artifact.tensors.get(name);
        const expected = [...new Uint16Array(spec.data.buffer)].map(
          (bits) => new Float32Array(Uint32Array.of(bits * 65_536).buffer)[0],
        );
        expect([...(stored ? bytes.floats(stored) : [])]).toEqual(expected);
      }
    });
  });

  test.each(["int8", "w8a8"] as const)(
    "of %s is distributed over files of the size that is wanted, and reads the same",
    async (weights) => {
      const { directory } = randomCheckpoint();
      const [one, many] = [target(), target()];
      await convertCheckpoint(directory, one, { ...quietly, weights });
      await convertCheckpoint(directory, many, { ...quietly, weights, shardBytes: 5_000 });
      const files = readdirSync(many).filter((file) => file.endsWith(".safetensors"));
      expect(files.length).toBeGreaterThan(3);
      expect(files[0]).toBe(`model-00001-of-${String(files.length).padStart(5, "0")}.safetensors`);
      const contents = (path: string) => {
        const { tensors } = openCheckpoint(path);
        return withTensorBytes(path, (bytes) =>
          [...tensors]
            .map(([name, tensor]) => [name, tensor.dtype, Buffer.from(bytes.read(tensor)).toString("hex")])
            .sort(),
        );
      };
      expect(contents(many)).toEqual(contents(one));
    },
  );

  test("of weights in blocks has an output head of its own where the source shares the embedding's", async () => {
    const { directory, weights } = randomCheckpoint({ tie_word_embeddings: true });
    const out = target();
    await convertCheckpoint(directory, out, { ...quietly, weights: "int4" });
    const artifact = openCheckpoint(out);
    expect(artifact.config.tieWordEmbeddings).toBe(false);
    const head = artifact.tensors.get("lm_head.weight");
    if (!head?.scales) throw new Error("no quantised head");
    const { scales } = head;
    const restored = withTensorBytes(out, (bytes) =>
      dequantizeBlocks({ codes: bytes.read(head), scales: bytes.floats(scales) }, 4),
    );
    const embedding = weights["model.embed_tokens.weight"];
    expect(Math.max(...embedding.map((value, at) => Math.abs(value - restored[at])))).toBeLessThan(0.05);
    expect(manifestOf(out).parameters).toBe(openCheckpoint(directory).parameters);
  });

  test("of weights in rows shares the embedding where the source does, and takes rows of any width", async () => {
    const source = tinyCheckpoint();
    const out = target();
    await convertCheckpoint(source, out, { ...quietly, weights: "w8a8" });
    const { tensors, config } = openCheckpoint(out);
    expect(config.tieWordEmbeddings).toBe(true);
    const matrices = [...tensors.values()].filter(({ shape }) => shape.length === 2);
    expect(new Set(matrices.map(({ dtype }) => dtype))).toEqual(new Set(["I8"]));
    expect(matrices).toHaveLength(15);
    expect(manifestOf(out).settings).toEqual({});
  });

  test("keeps in float32 what is no whole number of blocks wide", async () => {
    const out = target();
    await convertCheckpoint(tinyCheckpoint(), out, { ...quietly, weights: "int8" });
    const { tensors, config } = openCheckpoint(out);
    expect(new Set([...tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(["F32"]));
    expect(config.tieWordEmbeddings).toBe(true);
  });

  test("names its files with sizes and checksums, and its source by what that holds", async () => {
    const out = target();
    await convertCheckpoint(bard.directory, out, { ...quietly, weights: "int8" });
    const manifest = manifestOf(out);
    expect(manifest).toMatchObject({
      formatVersion: 1,
      plinthVersion: "0.1.0",
      weights: "int8",
      settings: { blockLength: 32 },
      source: { name: "bard" },
      parameters: openCheckpoint(bard.directory).parameters,
    });
    expect(manifest.files.map(({ path }) => path).sort()).toEqual(
      readdirSync(out)
        .filter((file) => file !== "plinth.json")
        .sort(),
    );
    for (const { path, bytes, crc32c: crc, sha256 } of manifest.files) {
      const content = readFileSync(join(out, path));
      expect([path, bytes]).toEqual([path, content.length]);
      expect(crc).toBe(crc32c(content).toString(16).padStart(8, "0"));
      expect(sha256).toBe(createHash("sha256").update(content).digest("hex"));
    }
    const renamed = target();
    const copy = join(dirname(renamed), "copy");
    mkdirSync(copy);
    for (const file of readdirSync(bard.directory))
      writeFileSync(join(copy, file), readFileSync(join(bard.directory, file)));
    await convertCheckpoint(copy, renamed, { ...quietly, weights: "fp16" });
    expect(manifestOf(renamed).source).toEqual({ name: "copy", sha256: manifest.source.sha256 });
  });

  test("of a hub cache, whose files have other names in another order, has the same source", async () => {
    const sharded = (names: readonly string[]) => {
      const { "model.norm.weight": norm, ...rest } = tinyTensors();
      const directory = directoryOf({ "config.json": tinyConfig });
      writeSafetensors(join(directory, names[0]), rest);
      writeSafetensors(join(directory, names[1]), { "model.norm.weight": norm });
      return directory;
    };
    const sources = [
      sharded(["a.safetensors", "b.safetensors"]),
      sharded(["z.safetensors", "b.safetensors"]),
    ];
    const identities = await Promise.all(
      sources.map(async (source) => {
        const { source: made } = await convertCheckpoint(source, target(), { ...quietly, weights: "fp32" });
        return made.sha256;
      }),
    );
    expect(identities[0]).toBe(identities[1]);
  });

  test("has its tokenizer and recommendations unchanged", async () => {
    const out = target();
    await convertCheckpoint(bard.directory, out, { ...quietly, weights: "fp32" });
    for (const file of ["tokenizer.json", "tokenizer_config.json", "generation_config.json"])
      expect(readFileSync(join(out, file))).toEqual(readFileSync(join(bard.directory, file)));
  });
});

describe("converting is refused", () => {
  test("where the directory exists, and leaves it as it is", async () => {
    const out = target();
    mkdirSync(out);
    expect(await failure(convertCheckpoint(tinyCheckpoint(), out, { ...quietly, weights: "int8" }))).toEqual([
      `${out} exists already: choose another directory or remove it first`,
    ]);
    expect(readdirSync(out)).toEqual([]);
  });

  test("where the directory is a link that leads nowhere", async () => {
    const out = target();
    symlinkSync(join(dirname(out), "nowhere"), out);
    expect(await failure(convertCheckpoint(tinyCheckpoint(), out, { ...quietly, weights: "int8" }))).toEqual([
      `${out} exists already: choose another directory or remove it first`,
    ]);
    expect(readdirSync(dirname(out))).toEqual(["artifact"]);
  });

  test("from weights that are quantised already", async () => {
    const out = target();
    const { directory } = randomCheckpoint();
    await convertCheckpoint(directory, out, { ...quietly, weights: "int8" });
    expect(await failure(convertCheckpoint(out, target(), { ...quietly, weights: "fp32" }))).toEqual([
      `${out} holds quantised weights: convert the checkpoint that they were made from`,
    ]);
  });

  test.each([
    ["int8", Number.NaN, "holds weights that are not finite: download it again"],
    ["fp32", Number.POSITIVE_INFINITY, "holds weights that are not finite: download it again"],
    ["fp16", 70_000, "holds 70000, float16 ends at 65504: convert to fp32, int8, w8a8 or int4"],
  ] as const)("to %s where a weight is %d", async (weights, value, finding) => {
    const tensors = tinyTensors();
    const name = "model.layers.1.mlp.up_proj.weight";
    const data = new Float32Array(24 * 16);
    data[77] = value;
    const source = tinyCheckpoint({
      ...tensors,
      [name]: { ...tensors[name], data: new Uint8Array(data.buffer) },
    });
    const out = target();
    expect(await failure(convertCheckpoint(source, out, { ...quietly, weights }))).toEqual([
      `tensor ${name} in model.safetensors ${finding}`,
    ]);
    expect(readdirSync(dirname(out))).toEqual([]);
  });
});

test("a conversion that is stopped leaves nothing behind", async () => {
  const out = target();
  const stop = new AbortController();
  let advances = 0;
  const progress: Progress = {
    ...noProgress,
    advance: () => {
      if (++advances === 5) stop.abort(new CheckpointError(["stopped"]));
    },
  };
  expect(
    await failure(convertCheckpoint(bard.directory, out, { weights: "int4", progress, signal: stop.signal })),
  ).toEqual(["stopped"]);
  expect(readdirSync(dirname(out))).toEqual([]);
});

test("a conversion that is stopped while it reads the source or its own files ends there", async () => {
  for (const part of ["reading the source", "digesting"]) {
    const out = target();
    const stop = new AbortController();
    const parts: string[] = [];
    const progress: Progress = {
      ...noProgress,
      begin: (label) => {
        parts.push(label);
        if (label === part) stop.abort(new CheckpointError(["stopped"]));
      },
    };
    const work = convertCheckpoint(bard.directory, out, { weights: "int4", progress, signal: stop.signal });
    expect(await failure(work)).toEqual(["stopped"]);
    expect(parts.at(-1)).toBe(part);
    expect(readdirSync(dirname(out))).toEqual([]);
  }
});

test("a conversion that is killed when all but its manifest is written leaves nothing that opens", async () => {
  const out = target();
  const copy = temporaryDirectory();
  const progress: Progress = {
    ...noProgress,
    begin: (label) => {
      if (label !== "digesting") return;
      const [partial] = readdirSync(dirname(out));
      cpSync(join(dirname(out), partial), copy, { recursive: true });
    },
  };
  await convertCheckpoint(bard.directory, out, { weights: "int8", progress });
  expect(readdirSync(copy)).toEqual(expect.arrayContaining(["config.json", "model.safetensors"]));
  expect(findingsOf(() => openCheckpoint(copy))).toEqual([
    expect.stringMatching(/^plinth\.json: formatVersion must be 1/),
  ]);
});

test("a conversion removes what one before it left that was killed, and nothing that is still written to", async () => {
  const out = target();
  const folder = dirname(out);
  const names = ["artifact.partial-7-0123abcd", "artifact.partial-8-0123abcd", "artifact.partial-mine"];
  const longAgo = new Date(Date.now() - 7_200_000);
  for (const name of names) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "model.safetensors"), "");
    if (!name.includes("-8-")) utimesSync(join(folder, name, "model.safetensors"), longAgo, longAgo);
    utimesSync(join(folder, name), longAgo, longAgo);
  }
  await convertCheckpoint(tinyCheckpoint(), out, { ...quietly, weights: "fp32" });
  expect(readdirSync(folder).sort()).toEqual(["artifact", ...names.slice(1)]);
});

test("of two conversions to one directory at once one succeeds, and the other says that it exists", async () => {
  const out = target();
  const { directory } = randomCheckpoint();
  const results = await Promise.allSettled(
    [1, 2].map(() => convertCheckpoint(directory, out, { ...quietly, weights: "int8" })),
  );
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(readdirSync(dirname(out))).toEqual(["artifact"]);
  await verifyArtifact(out, noProgress);
});

describe("a damaged artifact", () => {
  async function made(): Promise<string> {
    const out = target();
    const { directory } = randomCheckpoint({}, { "tokenizer.json": { model: {} } });
    await convertCheckpoint(directory, out, { ...quietly, weights: "int8" });
    return out;
  }

  test("is refused at once where a file is missing or has another size, with all of them", async () => {
    const out = await made();
    const weights = readFileSync(join(out, "model.safetensors"));
    writeFileSync(join(out, "model.safetensors"), weights.subarray(0, weights.length - 1));
    writeFileSync(join(out, "tokenizer.json"), "{}");
    expect(
      findingsOf(() => openCheckpoint(out)).filter((finding) => finding.includes("plinth.json")),
    ).toEqual([
      `model.safetensors must have ${weights.length} bytes as plinth.json has it, got ${weights.length - 1}: copy the artifact again`,
      `tokenizer.json must have 12 bytes as plinth.json has it, got 2: copy the artifact again`,
    ]);
  });

  test("holds weights that its manifest does not know, which would be read before its own", async () => {
    const { directory } = randomCheckpoint();
    const out = target();
    await convertCheckpoint(directory, out, { ...quietly, weights: "int8", shardBytes: 5_000 });
    writeFileSync(join(out, "notes.txt"), "");
    openCheckpoint(out);
    expect(await failure(verifyArtifact(out, noProgress))).toEqual([
      "notes.txt is not in plinth.json: remove it",
    ]);
    writeFileSync(join(out, "model.safetensors"), readFileSync(join(directory, "model.safetensors")));
    const finding = "model.safetensors is not in plinth.json: remove it";
    expect(findingsOf(() => openCheckpoint(out))).toEqual([finding]);
    expect(await failure(verifyArtifact(out, noProgress))).toContain(finding);
  });

  test("is verified to the end: what is missing, cut off and changed is found together", async () => {
    const { directory } = randomCheckpoint({}, { "tokenizer.json": { model: {} }, "README.md": "read" });
    const out = target();
    await convertCheckpoint(directory, out, { ...quietly, weights: "int8" });
    const weights = readFileSync(join(out, "model.safetensors"));
    weights[weights.length - 5] ^= 1;
    writeFileSync(join(out, "model.safetensors"), weights);
    writeFileSync(join(out, "tokenizer.json"), "{}");
    rmSync(join(out, "README.md"));
    expect(await failure(verifyArtifact(out, noProgress))).toEqual([
      "tokenizer.json must have 12 bytes as plinth.json has it, got 2: copy the artifact again",
      "README.md is missing or no file, plinth.json names it: copy the artifact again",
      expect.stringMatching(/^model\.safetensors has SHA-256 /),
    ]);
  });

  test("of the same size is found by verifying it", async () => {
    const out = await made();
    await verifyArtifact(out, noProgress);
    const weights = readFileSync(join(out, "model.safetensors"));
    weights[weights.length - 5] ^= 1;
    writeFileSync(join(out, "model.safetensors"), weights);
    openCheckpoint(out);
    expect(await failure(verifyArtifact(out, noProgress))).toEqual([
      expect.stringMatching(
        /^model\.safetensors has SHA-256 [0-9a-f]{64}, plinth\.json has [0-9a-f]{64}: copy the artifact again$/,
      ),
    ]);
  });

  test.each([
    ["of another version", { formatVersion: 2 }, /^plinth\.json: formatVersion must be 1, got 2: convert/],
    ["with a file outside", { files: [{ path: "../x", bytes: 1 }] }, /^plinth\.json: files\.0\.path: /],
    [
      "with the folder above it",
      { files: [{ path: "..", bytes: 1 }] },
      /^plinth\.json: files\.0\.path: must be/,
    ],
    ["with itself as a file", { files: [{ path: ".", bytes: 1 }] }, /^plinth\.json: files\.0\.path: must be/],
    [
      "with a byte that ends a path",
      { files: [{ path: "a\0", bytes: 1 }] },
      /^plinth\.json: files\.0\.path: must be/,
    ],
    ["of unknown weights", { weights: "int2" }, /^plinth\.json: weights: /],
  ])("has a manifest %s", async (_, change, finding) => {
    const out = await made();
    writeFileSync(join(out, "plinth.json"), JSON.stringify({ ...manifestOf(out), ...change }));
    expect(findingsOf(() => openCheckpoint(out))).toContainEqual(expect.stringMatching(finding));
  });

  test("has a manifest that names a file twice", async () => {
    const out = await made();
    const { files, ...rest } = manifestOf(out);
    writeFileSync(join(out, "plinth.json"), JSON.stringify({ ...rest, files: [...files, files[0]] }));
    expect(findingsOf(() => openCheckpoint(out))).toContain("plinth.json: files: must name each file once");
  });

  test("has scales that do not fit its codes", async () => {
    const source = tinyCheckpoint({
      ...tinyTensors(),
      "model.layers.0.mlp.up_proj.weight": { dtype: "U8", shape: [24, 1, 30] },
      "model.layers.0.mlp.up_proj.weight.scales": { shape: [24, 1] },
      "model.layers.1.mlp.up_proj.weight": { dtype: "U8", shape: [24, 1, 32] },
      "model.layers.1.mlp.up_proj.weight.scales": { shape: [23, 1] },
      "model.layers.0.mlp.gate_proj.weight": { dtype: "I8", shape: [24, 16] },
      "model.layers.0.mlp.gate_proj.weight.scales": { shape: [24, 1] },
    });
    expect(findingsOf(() => openCheckpoint(source))).toEqual([
      "tensor model.layers.0.mlp.gate_proj.weight.scales must be F32 [24], got F32 [24,1]: convert the checkpoint again",
      "tensor model.layers.0.mlp.up_proj.weight has scales and must be U8 [out, blocks, 16 or 32] or I8 [out, in], got U8 [24,1,30]: convert the checkpoint again",
      "tensor model.layers.1.mlp.up_proj.weight.scales must be F32 [24,1], got F32 [23,1]: convert the checkpoint again",
    ]);
  });

  test("that is no artifact cannot be verified", async () => {
    expect(await failure(verifyArtifact(bard.directory, noProgress))).toEqual([
      `${bard.directory} has no plinth.json: only what plinth-runtime convert made can be verified`,
    ]);
  });
});

import { cpSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { noProgress } from "../../../runtime/src/artifacts/progress";
import { servedDirectory, servedWeights } from "../../../runtime/src/artifacts/served-weights";
import { verifyArtifact } from "../../../runtime/src/artifacts/verify";
import { parseRuntimeConfig, type RuntimeConfigInput } from "../../../runtime/src/config";
import { openCheckpoint } from "../../../runtime/src/model/checkpoint";
import { randomCheckpoint } from "../../support/quantized-checkpoint";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

afterEach(removeTemporaryDirectories);

const int8In = (cacheDirectory: string) => ({ precision: "int8", cacheDirectory }) as const;

function wanted(directory: string, weights: RuntimeConfigInput["weights"]) {
  const config = parseRuntimeConfig({ model: directory, weights, weightsCacheDirectory: "/cache" });
  return servedWeights(openCheckpoint(directory), config);
}

describe("the weights that are served", () => {
  test("are those that are stored, unless the configuration says otherwise", async () => {
    const { directory } = randomCheckpoint();
    expect(wanted(directory, undefined)).toEqual({ precision: "stored" });
    expect(wanted(directory, "fp32")).toEqual({ precision: "stored" });
    expect(wanted(directory, "int4")).toEqual({ precision: "int4", cacheDirectory: "/cache" });
    expect(await servedDirectory(directory, { precision: "stored" })).toBe(directory);
  });

  test("of an artifact are its own; others cannot be made of it", async () => {
    const artifact = await servedDirectory(randomCheckpoint().directory, int8In(temporaryDirectory()));
    expect(wanted(artifact, "int8")).toEqual({ precision: "stored" });
    expect(() => wanted(artifact, "int4")).toThrow(/holds quantised weights: convert the checkpoint/);
  });
});

describe("the cache of converted weights", () => {
  test("converts a checkpoint once", async () => {
    const cache = join(temporaryDirectory(), "made", "for", "it");
    const { directory } = randomCheckpoint();
    const entry = await servedDirectory(directory, int8In(cache));
    await verifyArtifact(entry, noProgress);
    const { ino, mtimeNs } = statSync(join(entry, "model.safetensors"), { bigint: true });
    expect(await servedDirectory(directory, int8In(cache))).toBe(entry);
    expect(statSync(join(entry, "model.safetensors"), { bigint: true })).toMatchObject({ ino, mtimeNs });
    expect(readdirSync(cache)).toHaveLength(1);
  });

  test("goes by what the source holds: another seed's weights and another precision have entries of their own", async () => {
    const cache = temporaryDirectory();
    const { directory } = randomCheckpoint();
    const entry = await servedDirectory(directory, int8In(cache));
    const weights = readFileSync(join(directory, "model.safetensors"));
    weights[weights.length - 1] ^= 1;
    writeFileSync(join(directory, "model.safetensors"), weights);
    expect(await servedDirectory(directory, int8In(cache))).not.toBe(entry);
    await servedDirectory(directory, { precision: "int4", cacheDirectory: cache });
    expect(readdirSync(cache)).toHaveLength(3);
  });

  test("goes by what the source holds and not by what it is called", async () => {
    const cache = temporaryDirectory();
    const { directory } = randomCheckpoint();
    const entry = await servedDirectory(directory, int8In(cache));
    const copy = join(temporaryDirectory(), "another-name");
    cpSync(directory, copy, { recursive: true });
    expect(await servedDirectory(copy, int8In(cache))).toBe(entry);
  });

  test("is safe when two convert at once: both get the same whole entry", async () => {
    const cache = temporaryDirectory();
    const { directory } = randomCheckpoint();
    const entries = await Promise.all([1, 2, 3].map(() => servedDirectory(directory, int8In(cache))));
    expect(new Set(entries).size).toBe(1);
    expect(readdirSync(cache)).toHaveLength(1);
    await verifyArtifact(entries[0], noProgress);
  });

  test.each(["model.safetensors", "plinth.json"])(
    "makes an entry anew whose %s was cut off",
    async (file) => {
      const cache = temporaryDirectory();
      const { directory } = randomCheckpoint();
      const entry = await servedDirectory(directory, int8In(cache));
      truncateSync(join(entry, file), 100);
      expect(await servedDirectory(directory, int8In(cache))).toBe(entry);
      expect(readdirSync(cache)).toHaveLength(1);
      await verifyArtifact(entry, noProgress);
    },
  );

  test("says which setting to change where it cannot be written", async () => {
    const { directory } = randomCheckpoint();
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    await expect(servedDirectory(directory, int8In(join(file, "cache")))).rejects.toThrow(
      /weightsCacheDirectory .*file\/cache cannot be written \(ENOTDIR\): name one that can/,
    );
  });
});

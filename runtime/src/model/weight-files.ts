import { readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { abridged } from "../abridged";
import { CheckpointError, CheckpointFindings } from "./checkpoint-error";
import { isObject, readJson } from "./json-file";
import { damagedFiles, readManifest } from "./manifest";
import { pairWithScales } from "./quantization/stored-weights";
import { readSafetensorsHeader, type StoredTensor } from "./safetensors";

/** Where a checkpoint's weights lie. */
export type WeightFiles = Readonly<{
  /** Where the files really are: a hub cache keeps them elsewhere, behind links. */
  weightsDirectory: string;
  /** By name; `file` is relative to that directory. */
  tensors: ReadonlyMap<string, StoredTensor>;
}>;

/** Where transformers looks first; other files beside it, an index among them, are not read then. */
const SINGLE_FILE = "model.safetensors";
const INDEX_FILE = "model.safetensors.index.json";

/**
 * Where each tensor of a checkpoint directory lies, in one file or several.
 * @throws CheckpointError with every file that is missing, broken or, in an artifact, of another size
 */
export function readTensorPlaces(directory: string): Map<string, StoredTensor> {
  const manifest = readManifest(directory);
  const damages = manifest ? damagedFiles(directory, manifest) : [];
  if (damages.length > 0) throw new CheckpointError(damages.map(({ finding }) => finding));
  const files = weightFiles(directory);
  if (files.length === 0)
    throw new CheckpointError([`${directory} has no *.safetensors: convert the weights to safetensors`]);
  const tensors = new Map<string, StoredTensor>();
  const found = new CheckpointFindings();
  for (const file of files)
    found.attempt(() => {
      if (!statSync(join(directory, file), { throwIfNoEntry: false })?.isFile())
        throw new CheckpointError([`${file} is missing, a broken link or no file: download it again`]);
      for (const [name, tensor] of readSafetensorsHeader(join(directory, file), file)) {
        const first = tensors.get(name);
        if (first) found.add([`tensor ${name} is in ${first.file} and in ${file}: remove one of them`]);
        else tensors.set(name, tensor);
      }
    });
  const paired = found.attempt(() => pairWithScales(tensors));
  found.throwIfAny();
  return paired as Map<string, StoredTensor>;
}

function weightFiles(directory: string): string[] {
  const stored = readdirSync(directory).filter((file) => file.endsWith(".safetensors"));
  const weightMap = readJson(directory, INDEX_FILE)?.weight_map;
  if (stored.includes(SINGLE_FILE)) return [SINGLE_FILE];
  if (weightMap === undefined) return stored.sort();
  if (!isObject(weightMap))
    throw new CheckpointError([
      `${INDEX_FILE}: weight_map must map tensors to files, got ${abridged(weightMap)}`,
    ]);
  const files = [...new Set(Object.values(weightMap))].map(String);
  const outside = files.filter((file) => dirname(join(directory, file)) !== directory);
  if (outside.length > 0)
    throw new CheckpointError(
      outside.map((file) => `${INDEX_FILE} names ${file}, which is not a file of the directory itself`),
    );
  return files;
}

/** onnxruntime refuses weights that lie outside of their directory once links are followed. */
export function resolveLinks(directory: string, tensors: ReadonlyMap<string, StoredTensor>): WeightFiles {
  const files = [
    ...new Set([...tensors.values()].flatMap(({ file, scales }) => [file, scales?.file ?? file])),
  ];
  const real = new Map(files.map((file) => [file, realpathSync(join(directory, file))]));
  let weightsDirectory = dirname([...real.values()][0]);
  while (![...real.values()].every((path) => path.startsWith(join(weightsDirectory, sep))))
    weightsDirectory = dirname(weightsDirectory);
  const resolve = (tensor: StoredTensor): StoredTensor => ({
    ...tensor,
    file: relative(weightsDirectory, real.get(tensor.file) as string),
    ...(tensor.scales && { scales: resolve(tensor.scales) }),
  });
  const resolved = [...tensors].map(([name, tensor]): [string, StoredTensor] => [name, resolve(tensor)]);
  return { weightsDirectory, tensors: new Map(resolved) };
}

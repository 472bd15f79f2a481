import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { abridged } from "../abridged";
import { CheckpointError } from "./checkpoint-error";

export type JsonObject = Record<string, unknown>;

/**
 * @returns undefined where the file is absent
 * @throws CheckpointError where it holds anything but a JSON object
 */
export function readJson(directory: string, file: string): JsonObject | undefined {
  const path = join(directory, file);
  if (!existsSync(path)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new CheckpointError([`${file} is not JSON: ${(cause as Error).message}`]);
  }
  if (isObject(json)) return json;
  throw new CheckpointError([`${file} must hold a JSON object, got ${abridged(json)}`]);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

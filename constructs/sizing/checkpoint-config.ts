import { readFileSync } from "node:fs";

/** A Hugging Face `config.json`, as `JSON.parse` gives it. */
export type CheckpointConfig = Readonly<Record<string, unknown>>;

/** The `config.json` at a path: what a deployment states of the checkpoint that it serves. */
export function checkpointConfigFrom(path: string): CheckpointConfig {
  const json: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as CheckpointConfig;
  throw new Error(`${path} must hold a JSON object, as a checkpoint's config.json does`);
}

/** What a checkpoint is called where nobody names it. */
export function checkpointTitle(config: CheckpointConfig): string {
  const { _name_or_path: path, model_type: modelType } = config;
  const name = typeof path === "string" ? path.split("/").at(-1) : undefined;
  return name || String(modelType);
}

import { CheckpointError } from "../../runtime/src/model/checkpoint-error";
import { type DecoderConfig, inspectDecoderConfig } from "../../runtime/src/model/decoder-config";
import type { JsonObject } from "../../runtime/src/model/json-file";

/**
 * Reads a config.json that is right.
 * @throws CheckpointError with every finding
 */
export function readDecoderConfig(json: JsonObject): {
  config: DecoderConfig;
  unknownKeys: readonly string[];
} {
  const { config, findings, unknownKeys } = inspectDecoderConfig(json);
  if (!config || findings.length > 0) throw new CheckpointError(findings);
  return { config, unknownKeys };
}

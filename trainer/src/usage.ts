import { z } from "zod";
import { checkpointConfigSchema, checkpointVariables } from "./checkpoint-config";
import { trainerConfigSchema, trainerVariables } from "./config";

/** What `--help` prints: there are no arguments, only variables. */
export function usage(): string {
  return [
    "plinth-trainer: trains a small language model, and resumes from its last checkpoint whenever it is killed.",
    "It takes no arguments. Environment variables:",
    ...variables(checkpointConfigSchema, checkpointVariables),
    ...variables(trainerConfigSchema, trainerVariables),
  ].join("\n");
}

function variables(schema: z.ZodObject, names: Readonly<Record<string, string>>): string[] {
  return Object.entries(names).map(([setting, name]) => {
    const { description = "", default: value } = z.toJSONSchema(schema.shape[setting], { io: "input" });
    const stated = value === undefined || description.includes("Default:") ? "" : ` Default: ${value}.`;
    return `  ${name}: ${description}${stated}`;
  });
}

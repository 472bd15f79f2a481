import { posix } from "node:path";
import type { RuntimeConfigInput } from "../../runtime/src/config";

/** Settings of the runtime that follow from the endpoint, each with what to do instead of stating it. */
export const dictatedSettings = {
  model: "leave it out: modelPath says where the model lies",
  host: "leave it out: Cloud Run reaches an instance on 0.0.0.0 only, where the runtime listens by default",
} as const;

/** Settings of the runtime that an endpoint may state. */
export type EndpointRuntime = Omit<RuntimeConfigInput, keyof typeof dictatedSettings>;

/** Where an instance finds the model bucket. */
export const MODELS_MOUNT = "/models";

/** The configuration that an endpoint's instances run with. */
export function endpointRuntime(modelPath: string, stated: EndpointRuntime): RuntimeConfigInput {
  return {
    // Less than the ten seconds after which Cloud Run kills.
    gracePeriodSeconds: 8,
    ...stated,
    model: posix.join(MODELS_MOUNT, modelPath),
  };
}

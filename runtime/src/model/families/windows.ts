import type { ConfigReader } from "../config-reader";

/** Each layer's sliding window; undefined where the layer attends to everything before. */
export type Windows = readonly (number | undefined)[];

const LAYER_TYPES = ["full_attention", "sliding_attention"] as const;

export function noWindows(_: ConfigReader, layers: number): Windows {
  return Array.from({ length: layers }, () => undefined);
}

/** `sliding_window` holds for all layers. */
export function oneWindow(fallback?: number): (reader: ConfigReader, layers: number) => Windows {
  return (reader, layers) => {
    reader.refuse("layer_types", "every layer of this family has the window that sliding_window states");
    const window = reader.optionalCount("sliding_window", fallback);
    return Array.from({ length: layers }, () => window);
  };
}

/**
 * `sliding_window` holds for the layers that `layer_types` calls sliding.
 * @param isSliding decides where `layer_types` is absent, as it was before transformers 4.53; layers count from 0
 */
export function windowByLayerType(
  reader: ConfigReader,
  layers: number,
  window: number | undefined,
  isSliding: (layer: number) => boolean,
): Windows {
  const types = reader.choices("layer_types", layers, LAYER_TYPES);
  const sliding = Array.from({ length: layers }, (_, layer) =>
    types ? types[layer] === "sliding_attention" : isSliding(layer),
  );
  if (window === undefined && sliding.includes(true))
    reader.fault("sliding_window", "must be in use, since layers are of type sliding_attention", null);
  return sliding.map((slides) => (slides ? window : undefined));
}

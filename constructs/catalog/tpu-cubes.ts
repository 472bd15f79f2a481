import type { TpuAccelerator } from "./tpu-topologies";

/**
 * Slices of whole cubes of 4x4x4 chips, which generations with three axes come in beside the shapes that their tables
 * list: axes are multiples of four, in ascending order.
 */
export const tpuCubeCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/kubernetes-engine/docs/concepts/tpus#topology",
  edge: 4,
  largest: {
    "tpu-v4-podslice": "12x16x16",
    "tpu-v5p-slice": "16x16x24",
  } as Readonly<Partial<Record<TpuAccelerator, string>>>,
};

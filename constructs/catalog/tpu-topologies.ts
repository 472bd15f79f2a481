import type { Accelerator } from "./accelerators";
import { type Dated, dataFile, indexed } from "./data-file";

export type TpuAccelerator = (typeof Accelerator)["TPU_V4" | "TPU_V5E" | "TPU_V5P" | "TPU_V6E"];

/** A machine with chips of one generation, and the slices that are made of it. */
export interface TpuMachine {
  readonly machineType: string;
  readonly chips: number;
  /** Shapes in which it is a whole slice by itself. */
  readonly singleHost: readonly string[];
  /** Shapes of slices of several of it, in chips along each axis: `4x4`, `2x2x4`. */
  readonly multiHost: readonly string[];
}

/** A generation of TPUs, and the slices that it comes in. */
export interface TpuGeneration extends Dated {
  readonly accelerator: TpuAccelerator;
  readonly machines: readonly TpuMachine[];
  /** Axes of its topologies: 2 or 3. */
  readonly dimensions: 2 | 3;
}

const generations = dataFile<TpuGeneration>("tpu-generations");
const byAccelerator = indexed(generations, ({ accelerator }) => accelerator);

export function tpuGenerations(): readonly TpuGeneration[] {
  return generations();
}

/** The generation of an accelerator; nothing of one that is no TPU. */
export function tpuGeneration(accelerator: string): TpuGeneration | undefined {
  return byAccelerator().get(accelerator);
}

/** Chips of a topology: 16 of `4x4`. Nothing for what is none. */
export function chipsOf(topology: string): number | undefined {
  if (!/^[1-9]\d*(?:x[1-9]\d*){1,2}$/.test(topology)) return undefined;
  return topology.split("x").reduce((chips, axis) => chips * Number(axis), 1);
}

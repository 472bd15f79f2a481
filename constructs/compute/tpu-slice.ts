import { chipsOf, type TpuAccelerator, tpuGenerations } from "../catalog/tpu-topologies";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";

/** Chips that are wired to each other, and the machines that hold them. */
export interface TpuSlice {
  readonly accelerator: TpuAccelerator;
  /** Chips along each axis: `4x4`, `2x2x4`. */
  readonly topology: string;
  readonly machineType: string;
  readonly chips: number;
  readonly chipsPerNode: number;
  /** Machines; a slice of several is there whole or not at all. */
  readonly nodes: number;
}

/** What is asked of a slice. */
export interface TpuSliceRequest {
  readonly accelerator: TpuAccelerator;
  readonly topology: string;
  readonly chipsPerNode?: number;
}

/** A list that a reader still takes in. */
const SHAPES_SHOWN_MAX = 8;

export const tpuAccelerators: () => readonly TpuAccelerator[] = () =>
  tpuGenerations().map(({ accelerator }) => accelerator);

/** Every slice that a generation comes in. */
export function tpuSlices(accelerator: TpuAccelerator): readonly TpuSlice[] {
  const generation = tpuGenerations().find((candidate) => candidate.accelerator === accelerator);
  return (generation?.machines ?? []).flatMap(({ machineType, chips: chipsPerNode, singleHost, multiHost }) =>
    [...singleHost, ...multiHost].map((topology) => {
      const chips = chipsOf(topology) ?? 0;
      return { accelerator, topology, machineType, chips, chipsPerNode, nodes: chips / chipsPerNode };
    }),
  );
}

/** The slice that is asked for; of fewest machines where several kinds of them make the same shape. */
export function findTpuSlice({ accelerator, topology, chipsPerNode }: TpuSliceRequest): TpuSlice | undefined {
  return tpuSlices(accelerator)
    .filter((slice) => slice.topology === topology)
    .filter((slice) => chipsPerNode === undefined || slice.chipsPerNode === chipsPerNode)
    .sort((one, other) => one.nodes - other.nodes)[0];
}

/** Findings on a slice that does not exist. */
export function checkTpuSlice(request: TpuSliceRequest): Finding[] {
  const { accelerator, topology, chipsPerNode } = request;
  if (!tpuAccelerators().includes(accelerator)) {
    const remedy = `${didYouMean(accelerator, tpuAccelerators())}Use one of ${tpuAccelerators().join(", ")}`;
    return [{ property: "accelerator", received: accelerator, remedy }];
  }
  if (findTpuSlice(request) !== undefined) return [];
  const ofShape = tpuSlices(accelerator).filter((slice) => slice.topology === topology);
  if (ofShape.length === 0) {
    return [{ property: "topology", received: topology, remedy: topologyRemedy(accelerator, topology) }];
  }
  const machines = ofShape
    .map(({ chipsPerNode, machineType }) => `${chipsPerNode} (${machineType})`)
    .join(" or ");
  return [
    {
      property: "chipsPerNode",
      received: chipsPerNode,
      remedy: `a slice of ${topology} is made of machines with ${machines}`,
    },
  ];
}

function topologyRemedy(accelerator: TpuAccelerator, received: string): string {
  const topologies = [...new Set(tpuSlices(accelerator).map(({ topology }) => topology))];
  const turned = topologies.find((topology) => axes(topology) === axes(received));
  if (turned !== undefined) return `state its axes in Google's order: "${turned}"`;
  if (topologies.length <= SHAPES_SHOWN_MAX) {
    return `${didYouMean(received, topologies)}${accelerator} comes as ${topologies.join(", ")}`;
  }
  const nearest = nearestInSize(topologies, chipsOf(received) ?? 0);
  return `${didYouMean(received, topologies)}${accelerator} comes as ${nearest.join(", ")} and ${topologies.length - nearest.length} other shapes`;
}

/** The same for shapes that differ in the order of their axes. */
function axes(topology: string): string {
  return topology
    .split("x")
    .map(Number)
    .sort((one, other) => one - other)
    .join("x");
}

function nearestInSize(topologies: readonly string[], chips: number): string[] {
  const distance = (topology: string) => Math.abs(Math.log((chipsOf(topology) ?? 1) / Math.max(1, chips)));
  const nearest = [...topologies]
    .sort((one, other) => distance(one) - distance(other))
    .slice(0, SHAPES_SHOWN_MAX);
  return topologies.filter((topology) => nearest.includes(topology));
}

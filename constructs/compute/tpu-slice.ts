import { tpuCubeCatalog } from "../catalog/tpu-cubes";
import { chipsOf, type TpuAccelerator, tpuGeneration, tpuGenerations } from "../catalog/tpu-topologies";
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

/** Every slice that the tables of a generation list. */
export function tpuSlices(accelerator: TpuAccelerator): readonly TpuSlice[] {
  const machines = tpuGeneration(accelerator)?.machines ?? [];
  return machines.flatMap(({ machineType, chips, singleHost, multiHost }) =>
    [...singleHost, ...multiHost].map((topology) => sliceOf(accelerator, topology, machineType, chips)),
  );
}

/** The slice that is asked for; of the fewest machines where several kinds of them make the same shape. */
export function findTpuSlice(request: TpuSliceRequest): TpuSlice | undefined {
  const { chipsPerNode } = request;
  return slicesOfShape(request)
    .filter((slice) => chipsPerNode === undefined || slice.chipsPerNode === chipsPerNode)
    .sort((one, other) => one.nodes - other.nodes)[0];
}

/** Findings on a slice that does not exist. */
export function checkTpuSlice(request: TpuSliceRequest): Finding[] {
  const { accelerator, topology, chipsPerNode } = request;
  if (tpuGeneration(accelerator) === undefined) {
    const known = tpuGenerations().map((generation) => generation.accelerator);
    const remedy = `${didYouMean(accelerator, known)}Use one of ${known.join(", ")}`;
    return [{ property: "accelerator", received: accelerator, remedy }];
  }
  if (findTpuSlice(request) !== undefined) return [];
  const ofShape = slicesOfShape(request);
  if (ofShape.length === 0) {
    return [{ property: "topology", received: topology, remedy: topologyRemedy(accelerator, topology) }];
  }
  const machines = ofShape.map((slice) => `${slice.chipsPerNode} (${slice.machineType})`).join(" or ");
  const remedy = `a slice of ${topology} is made of machines with ${machines}`;
  return [{ property: "chipsPerNode", received: chipsPerNode, remedy }];
}

function slicesOfShape({ accelerator, topology }: TpuSliceRequest): TpuSlice[] {
  const listed = tpuSlices(accelerator).filter((slice) => slice.topology === topology);
  return listed.length > 0 || !isOfCubes(accelerator, topology)
    ? listed
    : (tpuGeneration(accelerator)?.machines ?? [])
        .filter(({ multiHost }) => multiHost.length > 0)
        .map(({ machineType, chips }) => sliceOf(accelerator, topology, machineType, chips));
}

function sliceOf(
  accelerator: TpuAccelerator,
  topology: string,
  machineType: string,
  chipsPerNode: number,
): TpuSlice {
  const chips = chipsOf(topology) ?? 0;
  return { accelerator, topology, machineType, chips, chipsPerNode, nodes: chips / chipsPerNode };
}

function isOfCubes(accelerator: TpuAccelerator, topology: string): boolean {
  const largest = tpuCubeCatalog.largest[accelerator];
  const chips = chipsOf(topology);
  if (largest === undefined || chips === undefined || chips > (chipsOf(largest) ?? 0)) return false;
  const axes = topology.split("x").map(Number);
  return (
    axes.length === 3 &&
    axes.every((axis) => axis % tpuCubeCatalog.edge === 0) &&
    inOrder(topology) === topology
  );
}

function topologyRemedy(accelerator: TpuAccelerator, received: string): string {
  const topologies = [...new Set(tpuSlices(accelerator).map(({ topology }) => topology))];
  const turned = topologies.find((topology) => inOrder(topology) === inOrder(received)) ?? inOrder(received);
  if (findTpuSlice({ accelerator, topology: turned }) !== undefined)
    return `state its axes in Google's order: "${turned}"`;
  const shown =
    topologies.length <= SHAPES_SHOWN_MAX ? topologies : nearestInSize(topologies, chipsOf(received) ?? 0);
  const largest = tpuCubeCatalog.largest[accelerator];
  const cubes = largest === undefined ? "" : `, or with ascending multiples of 4 up to ${largest}`;
  return `${didYouMean(received, topologies)}${accelerator} comes as ${shown.join(", ")}${cubes}`;
}

function inOrder(topology: string): string {
  return topology
    .split("x")
    .map(Number)
    .sort((one, other) => one - other)
    .join("x");
}

function nearestInSize(topologies: readonly string[], chips: number): readonly string[] {
  const distance = (topology: string) => Math.abs(Math.log((chipsOf(topology) ?? 1) / Math.max(1, chips)));
  const nearest = [...topologies]
    .sort((one, other) => distance(one) - distance(other))
    .slice(0, SHAPES_SHOWN_MAX);
  return topologies.filter((topology) => nearest.includes(topology));
}

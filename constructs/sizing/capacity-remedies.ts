import { type Accelerator, acceleratorFacts } from "../catalog/accelerators";
import { countsOffered } from "../catalog/machine-types";
import { regionOf } from "../catalog/regions";
import {
  type AcceleratorOffer,
  acceleratorOffers,
  cheaperFirst,
  offeredAccelerators,
} from "./accelerator-offers";
import { capacityFigures, fits, longestFitting } from "./capacity-figures";
import { type CapacityRequest, divides, type Sizing } from "./capacity-request";
import { isBeforeTuring } from "./hardware-rules";
import { counted, grouped, listed } from "./quantities";
import { acceleratorStorage, type WeightPrecision } from "./weight-storage";

/** One way to make a model fit, by itself. */
export interface CapacityRemedy {
  readonly kind: "smaller-batch" | "quantise" | "larger-accelerator" | "more-accelerators";
  /** What to do, in words. */
  readonly text: string;
  /** What the request would state instead. */
  readonly change: Readonly<
    Partial<
      Pick<
        CapacityRequest,
        "concurrency" | "maxModelLen" | "weights" | "kvCachePrecision" | "accelerator" | "perReplica"
      >
    >
  >;
  /** The machine that holds it, where the remedy is other accelerators. */
  readonly machineType?: string;
  readonly zones?: readonly string[];
}

/** What to change of a request that does not fit, the least change first. Each of them suffices by itself. */
export function capacityRemedies(sizing: Sizing): readonly CapacityRemedy[] {
  const more = moreAccelerators(sizing);
  return [
    ...smallerBatch(sizing),
    ...quantised(sizing),
    ...quantisedCache(sizing),
    ...largerAccelerator(sizing).filter((larger) => !more.some((other) => isBetter(other, larger, sizing))),
    ...more,
  ];
}

/** A larger accelerator is to be fewer of them: it is no way out where as near a machine has as few of the same. */
function isBetter(more: CapacityRemedy, larger: CapacityRemedy, { perReplica, region }: Sizing): boolean {
  const [ofMore, ofLarger] = [more, larger].map(({ change }) => change.perReplica ?? perReplica);
  const isNear = ({ zones = [] }: CapacityRemedy) => zones.some((zone) => isIn(zone, region));
  return ofMore < ofLarger && (isNear(more) || !isNear(larger));
}

function isIn(zone: string, region: string | undefined): boolean {
  return region === undefined || regionOf(zone) === region;
}

function smallerBatch(sizing: Sizing): CapacityRemedy[] {
  const { concurrency, maxModelLen, blockSize } = sizing;
  const { sequencesMax } = capacityFigures(sizing);
  const shorter = longestFitting(sizing);
  const remedies: CapacityRemedy[] = [];
  if (sequencesMax > 0)
    remedies.push({
      kind: "smaller-batch",
      text: `run ${counted(sequencesMax, "sequence")} of ${grouped(maxModelLen)} tokens at a time`,
      change: { concurrency: sequencesMax },
    });
  // Below a few blocks there is no sequence worth the name.
  if (shorter >= 8 * blockSize)
    remedies.push({
      kind: "smaller-batch",
      text: `shorten ${concurrency === 1 ? "the sequence" : "sequences"} to ${grouped(shorter)} tokens`,
      change: { maxModelLen: shorter },
    });
  return remedies;
}

/** From the widest to the narrowest. */
const narrower: readonly WeightPrecision[] = ["bf16", "fp8", "int8", "int4"];

function quantised(sizing: Sizing): CapacityRemedy[] {
  const { kind, denseTflops } = acceleratorFacts(sizing.accelerator);
  const hasWidening = kind === "gpu" && !isBeforeTuring(sizing.accelerator);
  const current = acceleratorStorage[sizing.weights].matrix.bytes;
  const weights = narrower
    .filter((precision) => acceleratorStorage[precision].matrix.bytes < current)
    // Weights of 4 bits are widened as they are multiplied, for which GPUs have kernels.
    .filter((precision) => (precision === "int4" ? hasWidening : denseTflops[precision] !== undefined))
    .find((precision) => fits({ ...sizing, weights: precision }));
  if (weights === undefined) return [];
  const { sequencesMax } = capacityFigures({ ...sizing, weights });
  const how = weights === "bf16" ? "store the weights in 16 bits: bf16" : `quantise the weights: ${weights}`;
  const text = `${how} leaves room for ${counted(sequencesMax, "sequence")}`;
  return [{ kind: "quantise", text, change: { weights } }];
}

/** Where the cache is what has no room. Accelerators that multiply in 8-bit floats read a cache of them as well. */
function quantisedCache(sizing: Sizing): CapacityRemedy[] {
  const isNarrow = sizing.kvCachePrecision === "fp8" || sizing.kvCachePrecision === "int8";
  const change = { kvCachePrecision: "fp8" } as const;
  const isServed = acceleratorFacts(sizing.accelerator).denseTflops.fp8 !== undefined;
  if (isNarrow || !isServed || !fits({ ...sizing, ...change })) return [];
  const { sequencesMax } = capacityFigures({ ...sizing, ...change });
  const text = `quantise the KV cache: fp8 leaves room for ${counted(sequencesMax, "sequence")}`;
  return [{ kind: "quantise", text, change }];
}

function largerAccelerator(sizing: Sizing): CapacityRemedy[] {
  const { kind } = acceleratorFacts(sizing.accelerator);
  const others = offeredAccelerators(kind).filter(
    (accelerator) =>
      !isBeforeTuring(accelerator) && acceleratorFacts(accelerator).memoryGiB > sizing.memoryGiB,
  );
  const fitting = others.flatMap((accelerator) => {
    const count = fewestFitting(sizing, accelerator, 1);
    return count === undefined ? [] : [{ accelerator, count }];
  });
  const cheapest = (region: string | undefined) =>
    fitting.flatMap(({ accelerator, count }) => acceleratorOffers(accelerator, count, region).slice(0, 1));
  const inRegion = cheapest(sizing.region);
  const offers = inRegion.length > 0 ? inRegion : cheapest(undefined);
  const [best] = offers.sort(
    (one, other) => cheaperFirst(one, other) || memoryOf(one) - memoryOf(other) || one.count - other.count,
  );
  return best === undefined ? [] : [otherAccelerators("larger-accelerator", sizing, best)];
}

function moreAccelerators(sizing: Sizing): CapacityRemedy[] {
  const { accelerator, perReplica } = sizing;
  const count = fewestFitting(sizing, accelerator, perReplica + 1);
  const [best] = count === undefined ? [] : offersIn(sizing, accelerator, count);
  return best === undefined ? [] : [otherAccelerators("more-accelerators", sizing, best)];
}

/** The fewest of an accelerator, on one machine, that the model fits and can be divided over. */
function fewestFitting(sizing: Sizing, accelerator: Accelerator, least: number): number | undefined {
  const { memoryGiB } = acceleratorFacts(accelerator);
  return countsOffered(accelerator).find(
    (perReplica) =>
      perReplica >= least &&
      divides(sizing.shape, perReplica) &&
      fits({ ...sizing, accelerator, memoryGiB, perReplica }),
  );
}

/** Of the region, or elsewhere where it has none. */
function offersIn({ region }: Sizing, accelerator: Accelerator, count: number): readonly AcceleratorOffer[] {
  const inRegion = acceleratorOffers(accelerator, count, region);
  return inRegion.length > 0 ? inRegion : acceleratorOffers(accelerator, count);
}

function memoryOf({ accelerator, count }: AcceleratorOffer): number {
  return count * acceleratorFacts(accelerator).memoryGiB;
}

function otherAccelerators(
  kind: "larger-accelerator" | "more-accelerators",
  { region }: Sizing,
  { accelerator, count, machineType, zones }: AcceleratorOffer,
): CapacityRemedy {
  const what = count === 1 ? accelerator : `${count} ${accelerator} for each replica`;
  const isElsewhere = !zones.some((zone) => isIn(zone, region));
  const where = `${isElsewhere ? `not offered in ${region} but in` : "offered in"} ${listed(zones)}`;
  return {
    kind,
    text: `use ${what}: ${machineType}, ${where}`,
    change: { accelerator, perReplica: count },
    machineType,
    zones,
  };
}

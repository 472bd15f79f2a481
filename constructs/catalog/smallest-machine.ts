import type { Finding } from "../construct-error";
import { acceleratorFacts } from "./accelerators";
import { whatToChange } from "./machine-alternatives";
import { candidatesFor, type MachineCandidate } from "./machine-candidates";
import { checkRequirement, type MachineRequirement } from "./machine-requirement";
import { type Provisioning, provisioningsOf } from "./node-pools";

export interface MachineChoice extends MachineCandidate {
  /** In a sentence, for a report. */
  readonly reason: string;
}

/** A machine, or what to change where there is none. */
export interface MachineAnswer {
  readonly choice?: MachineChoice;
  readonly findings: readonly Finding[];
}

/**
 * The machine that costs least of those that have what is asked for, by the list price on demand; the smallest where
 * no price is known, and of two as small that with the faster network.
 */
export function smallestMachine(requirement: MachineRequirement): MachineAnswer {
  const findings = checkRequirement(requirement);
  if (findings.length > 0) return { findings };
  const [cheapest, ...others] = byPriceThenSize(candidatesFor(requirement));
  if (cheapest === undefined) return { findings: whatToChange(requirement) };
  return { choice: { ...cheapest, reason: reasonFor(cheapest, others) }, findings: [] };
}

/**
 * What has a price comes first. Of two that cost the same and are as large, that with the shorter name is the plainer.
 */
function byPriceThenSize(candidates: readonly MachineCandidate[]): MachineCandidate[] {
  return candidates
    .map((candidate) => ({ candidate, sizes: sizesOf(candidate), name: candidate.machine.name }))
    .sort((one, other) => {
      const at = one.sizes.findIndex((size, index) => size !== other.sizes[index]);
      return at < 0 ? one.name.localeCompare(other.name) : one.sizes[at] - other.sizes[at];
    })
    .map(({ candidate }) => candidate);
}

function sizesOf(candidate: MachineCandidate): number[] {
  const { machine, price } = candidate;
  return [
    price?.onDemandUsd ?? Number.POSITIVE_INFINITY,
    acceleratorMemoryOf(candidate),
    machine.vcpus,
    machine.memoryGiB,
    -machine.egressGbps,
    machine.name.length,
  ];
}

function acceleratorMemoryOf({ accelerators }: MachineCandidate): number {
  return accelerators === undefined
    ? 0
    : accelerators.count * acceleratorFacts(accelerators.accelerator).memoryGiB;
}

const waysInWords: Readonly<Record<Provisioning, string>> = {
  "on-demand": "on demand",
  spot: "as Spot",
  "flex-start": "by flex-start",
  reservation: "by reservation",
};

function reasonFor(chosen: MachineCandidate, others: readonly MachineCandidate[]): string {
  const ways = provisioningsOf(chosen.machine.name);
  const notOnDemand = ways.includes("on-demand")
    ? ""
    : `. It is had ${ways.map((way) => waysInWords[way]).join(" or ")}, and not on demand`;
  return `${whyOf(chosen, others)}${notOnDemand}`;
}

function whyOf({ price }: MachineCandidate, others: readonly MachineCandidate[]): string {
  const [next] = others;
  if (price === undefined)
    return others.length === 0
      ? "it is the only one that fits; no list price of it is known"
      : `it is the smallest of ${others.length + 1} that fit; no list price of them is known`;
  const cost = `USD ${price.onDemandUsd.toFixed(2)} an hour on demand in ${price.region}`;
  if (next === undefined) return `it is the only one that fits: ${cost}`;
  const unpriced = others.filter((other) => other.price === undefined);
  const comparison =
    next.price === undefined
      ? ""
      : `, before ${next.machine.name} at USD ${next.price.onDemandUsd.toFixed(2)}`;
  const unknown = unpriced.length === 0 ? "" : `; ${unpriced.length} more fit, of which no price is known`;
  return `it costs least: ${cost}${comparison}${unknown}`;
}

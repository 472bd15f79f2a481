import {
  nodePoolCatalog,
  type Provisioning,
  provisioningSource,
  provisioningsOf,
} from "../catalog/node-pools";
import type { CombinationRule } from "./combination-rule";
import type { PoolRequest } from "./pool-request";
import { isReservation, RESERVATION_REMEDY } from "./reservation";
import { isWhole, isWithin } from "./value-forms";

const flexStart = "https://cloud.google.com/kubernetes-engine/docs/concepts/dws";
const queuedProvisioning = "https://cloud.google.com/kubernetes-engine/docs/how-to/provisioningrequest";
const reservations = "https://cloud.google.com/kubernetes-engine/docs/how-to/consuming-reservations";

const { runSeconds, flexStartRunSeconds } = nodePoolCatalog;

/** Ways to come by nodes that exclude one another, or that a machine does not come by. */
export const capacityRules: readonly CombinationRule[] = [
  {
    id: "spot-or-flex-start",
    property: "spot",
    refused: ({ spot, flexStart }) => spot && flexStart,
    remedy: "excludes flexStart: drop one",
    source: flexStart,
  },
  {
    id: "spot-or-reservation",
    property: "spot",
    refused: ({ spot, reservation }) => spot && reservation !== undefined,
    remedy: ({ reservation }) => `excludes reservation ${JSON.stringify(reservation)}: drop one`,
    source: "https://cloud.google.com/compute/docs/instances/reservations-overview#restrictions",
  },
  {
    id: "flex-start-or-reservation",
    property: "flexStart",
    refused: ({ flexStart, reservation }) => flexStart && reservation !== undefined,
    remedy: ({ reservation }) => `excludes reservation ${JSON.stringify(reservation)}: drop one`,
    source: flexStart,
  },
  {
    id: "flex-start-scales",
    property: "nodes",
    refused: ({ flexStart, nodes }) => flexStart && nodes !== undefined,
    remedy: "with flexStart nodes come when they are to be had: state autoscaling and not nodes",
    source: flexStart,
  },
  {
    id: "flex-start-without-repair",
    property: "autoRepair",
    refused: ({ flexStart, autoRepair }) => flexStart && autoRepair,
    remedy: "flexStart refuses it: leave it out, or state false",
    source: flexStart,
  },
  {
    id: "flex-start-without-blue-green",
    property: "upgrades",
    refused: ({ flexStart, upgrades }) => flexStart && upgrades === "blue-green",
    remedy: 'nodes with flexStart are not upgraded side by side: leave it out, or use "one-less"',
    source:
      "https://cloud.google.com/kubernetes-engine/docs/concepts/node-pool-upgrade-strategies#short-lived-upgrades",
  },
  {
    id: "flex-start-run",
    property: "maxRunSeconds",
    refused: ({ flexStart, maxRunSeconds: seconds }) =>
      flexStart && seconds !== undefined && isWhole(seconds, 1) && !isWithin(seconds, flexStartRunSeconds),
    remedy: `with flexStart nodes stay for ${flexStartRunSeconds.min} seconds to ${flexStartRunSeconds.max}, seven days`,
    source: flexStart,
  },
  {
    id: "run-seconds",
    property: "maxRunSeconds",
    refused: ({ flexStart, maxRunSeconds: seconds }) =>
      seconds !== undefined && !(isWhole(seconds, 1) && (flexStart || isWithin(seconds, runSeconds))),
    remedy: `use a whole number of seconds, ${runSeconds.min} to ${runSeconds.max}, 120 days`,
    source: "https://cloud.google.com/compute/docs/instances/limit-vm-runtime",
  },
  {
    id: "queued-is-flex-start",
    property: "queuedProvisioning",
    refused: ({ queuedProvisioning, flexStart }) => queuedProvisioning && !flexStart,
    remedy: "it is a way of flexStart: state that as true, or leave it out",
    source: queuedProvisioning,
  },
  {
    id: "queued-from-none",
    property: "autoscaling",
    refused: ({ queuedProvisioning, autoscaling }) => queuedProvisioning && (autoscaling?.min ?? 0) > 0,
    remedy: "with queuedProvisioning all nodes of a job come at once and go with it: use a min of 0",
    source: queuedProvisioning,
  },
  {
    id: "queued-or-reservation",
    property: "queuedProvisioning",
    refused: ({ queuedProvisioning, reservation }) => queuedProvisioning && reservation !== undefined,
    remedy: ({ reservation }) => `excludes reservation ${JSON.stringify(reservation)}: drop one`,
    source: queuedProvisioning,
  },
  {
    id: "queued-or-spot",
    property: "queuedProvisioning",
    refused: ({ queuedProvisioning, spot }) => queuedProvisioning && spot,
    remedy: "excludes spot: drop one",
    source: queuedProvisioning,
  },
  {
    id: "queued-or-compact",
    property: "compactPlacement",
    refused: ({ kind, queuedProvisioning, compactPlacement }) =>
      kind !== "tpu" && queuedProvisioning && compactPlacement,
    remedy: "excludes queuedProvisioning, unless the pool is one of TPUs: drop one",
    source: queuedProvisioning,
  },
  {
    id: "provisioning",
    property: "machineType",
    refused: (request) => !provisioningsOf(request.machineType).includes(provisioningOf(request)),
    remedy: ({ machineType: name }) => {
      const ways = provisioningsOf(name).map((way) => provisioningProps[way]);
      return `${name} is to be had with ${ways.join(", or with ")} only: state that`;
    },
    source: provisioningSource,
  },
  {
    id: "reservation-name",
    property: "reservation",
    refused: ({ reservation }) => reservation !== undefined && !isReservation(reservation),
    remedy: RESERVATION_REMEDY,
    source: reservations,
  },
];

const provisioningProps: Readonly<Record<Provisioning, string>> = {
  "on-demand": "neither spot nor flexStart nor a reservation",
  spot: "spot",
  "flex-start": "flexStart",
  reservation: "a reservation",
};

function provisioningOf({ spot, flexStart, reservation }: PoolRequest): Provisioning {
  if (reservation !== undefined) return "reservation";
  if (flexStart) return "flex-start";
  return spot ? "spot" : "on-demand";
}

import type { Finding } from "../construct-error";
import { hasForm } from "./value-forms";

/** What the name of a reservation says: whose it is, and which part of it is meant. */
export interface ReservationParts {
  /** Nothing where it is the cluster's own project. */
  readonly project?: string;
  readonly name: string;
  readonly block?: string;
  readonly subBlock?: string;
}

const form =
  /^(?:projects\/[a-z][a-z0-9-]{4,28}[a-z0-9]\/reservations\/)?[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\/reservationBlocks\/[a-z0-9-]+(?:\/reservationSubBlocks\/[a-z0-9-]+)?)?$/;

/** Of any form, since a project that is known at apply only stands in it as well. */
const parts =
  /^(?:projects\/(?<project>[^/]+)\/reservations\/)?(?<name>[^/]+)(?:\/reservationBlocks\/(?<block>[^/]+)(?:\/reservationSubBlocks\/(?<subBlock>[^/]+))?)?$/;

export const RESERVATION_REMEDY =
  "use the reservation's name, or projects/P/reservations/R for one that another project shares";

export function isReservation(reservation: string): boolean {
  return hasForm(form, reservation);
}

export function checkReservation(property: string, received: string): Finding[] {
  return isReservation(received) ? [] : [{ property, received, remedy: RESERVATION_REMEDY }];
}

/** A name, or a path as `projects/P/reservations/R`, taken apart. */
export function reservationParts(reservation: string): ReservationParts {
  const { project, name = reservation, block, subBlock } = parts.exec(reservation)?.groups ?? {};
  return { project, name, block, subBlock };
}

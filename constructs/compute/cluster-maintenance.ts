import type { ContainerClusterMaintenancePolicy } from "@cdktf/provider-google/lib/container-cluster";
import { checkOneOf } from "../catalog/choices";
import { gkeCatalog } from "../catalog/gke";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";

export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

/** When GKE may upgrade a cluster by itself: 48 hours at least of any 32 days. */
export interface MaintenanceWindow {
  /** Days on which it opens, in UTC. */
  readonly days: readonly Weekday[];

  /** Time at which it opens, in UTC: `02:00`. */
  readonly opensAt: string;

  /** Hours for which it stays open: 4 to 24. */
  readonly hours: number;
}

/** A time in which GKE leaves a cluster as it is. */
export interface MaintenanceExclusion {
  /** In UTC, to the second: `2026-12-20T00:00:00Z`. */
  readonly from: string;

  /** In UTC, to the second. */
  readonly until: string;

  /**
   * What does not happen: no upgrade at all, for 90 days at most; none to another minor version of Kubernetes; or none
   * of nodes and none to another minor version, so that the control plane alone gets its patches.
   */
  readonly holdsUp: HeldUpgrades;
}

export type HeldUpgrades = "all-upgrades" | "minor-upgrades" | "minor-and-node-upgrades";

export interface ClusterMaintenance {
  readonly window: MaintenanceWindow;
  readonly exclusions: Readonly<Record<string, MaintenanceExclusion>>;
}

/** Nights at weekends, in Europe. */
export const defaultWindow: MaintenanceWindow = {
  days: ["saturday", "sunday"],
  opensAt: "00:00",
  hours: 8,
};

const weekdays: readonly Weekday[] = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
];

const scopes: Readonly<Record<HeldUpgrades, string>> = {
  "all-upgrades": "NO_UPGRADES",
  "minor-upgrades": "NO_MINOR_UPGRADES",
  "minor-and-node-upgrades": "NO_MINOR_OR_NODE_UPGRADES",
};

/** A Monday. A window that follows from today's date would differ with every synth. */
const ANCHOR = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The window and the exclusions as Google takes them. */
export function maintenancePolicy(maintenance: ClusterMaintenance): ContainerClusterMaintenancePolicy {
  const { window, exclusions } = maintenance;
  const days = weekdays.filter((day) => window.days.includes(day));
  const [hours, minutes] = window.opensAt.split(":").map(Number);
  const start = ANCHOR + weekdays.indexOf(days[0]) * DAY_MS + hours * HOUR_MS + minutes * 60_000;
  return {
    recurringWindow: {
      startTime: timestamp(start),
      endTime: timestamp(start + window.hours * HOUR_MS),
      // Google turns FREQ=DAILY into this form, which the provider would take for a change.
      recurrence: `FREQ=WEEKLY;BYDAY=${days.map((day) => day.slice(0, 2).toUpperCase()).join(",")}`,
    },
    maintenanceExclusion: Object.entries(exclusions).map(([exclusionName, { from, until, holdsUp }]) => ({
      exclusionName,
      startTime: from,
      endTime: until,
      exclusionOptions: { scope: scopes[holdsUp] },
    })),
  };
}

/** Findings on when GKE may upgrade a cluster, and when not. */
export function checkMaintenance(maintenance: ClusterMaintenance): Finding[] {
  const { exclusionsMax } = gkeCatalog.maintenance;
  const { window, exclusions } = maintenance;
  const names = Object.keys(exclusions);
  return [
    ...checkWindow("maintenanceWindow", window),
    ...Object.entries(exclusions).flatMap(([name, exclusion]) =>
      checkExclusion(`maintenanceExclusions.${name}`, exclusion),
    ),
    ...(names.length <= exclusionsMax
      ? []
      : [
          {
            property: "maintenanceExclusions",
            received: names.length,
            remedy: `state at most ${exclusionsMax}, and take out those that are over`,
          },
        ]),
  ];
}

function checkWindow(property: string, { days, opensAt, hours }: MaintenanceWindow): Finding[] {
  const { windowHours, openHoursMin, openWithinDays } = gkeCatalog.maintenance;
  const faults: Finding[] = days
    .filter((day) => !weekdays.includes(day))
    .map((day) => ({
      property: `${property}.days`,
      received: day,
      remedy: `${didYouMean(day, weekdays)}name days of the week, as ${weekdays[0]}`,
    }));
  if (days.length === 0)
    faults.push({ property: `${property}.days`, received: days, remedy: "name one day at least" });
  if (!/^(?:[01]\d|2[0-3]):[0-5]\d$/.test(opensAt))
    faults.push({
      property: `${property}.opensAt`,
      received: opensAt,
      remedy: "state a time in UTC, as 02:00",
    });
  if (!Number.isInteger(hours) || hours < windowHours.min || hours > windowHours.max)
    faults.push({
      property: `${property}.hours`,
      received: hours,
      remedy: `use ${windowHours.min} to ${windowHours.max} whole hours`,
    });
  if (faults.length > 0) return faults;

  const open = opensWithin(days, openWithinDays) * hours;
  if (open >= openHoursMin) return [];
  const remedy = `keep it open for longer or on more days: GKE wants ${openHoursMin} hours of any ${openWithinDays} days, and this leaves ${open}`;
  return [{ property, received: { days, opensAt, hours }, remedy }];
}

/** How often the window opens in so many days, whichever they begin with. */
function opensWithin(days: readonly Weekday[], span: number): number {
  const counts = weekdays.map(
    (_, first) =>
      Array.from({ length: span }, (_, day) => weekdays[(first + day) % weekdays.length]).filter((day) =>
        days.includes(day),
      ).length,
  );
  return Math.min(...counts);
}

function checkExclusion(property: string, { from, until, holdsUp }: MaintenanceExclusion): Finding[] {
  const { allUpgradesDaysMax } = gkeCatalog.maintenance;
  const faults: Finding[] = Object.entries({ from, until })
    .filter(([, time]) => !isTimestamp(time))
    .map(([end, time]) => ({
      property: `${property}.${end}`,
      received: time,
      remedy: "state a time in UTC, as 2026-12-20T00:00:00Z",
    }));
  faults.push(...checkOneOf(`${property}.holdsUp`, holdsUp, Object.keys(scopes)));
  if (faults.length > 0) return faults;

  const days = (Date.parse(until) - Date.parse(from)) / DAY_MS;
  if (days <= 0)
    return [{ property: `${property}.until`, received: until, remedy: `state one after ${from}` }];
  if (holdsUp !== "all-upgrades" || days <= allUpgradesDaysMax) return [];
  const remedy = `end it after ${allUpgradesDaysMax} days at most, or hold up minor-and-node-upgrades only`;
  return [{ property: `${property}.until`, received: until, remedy }];
}

function isTimestamp(text: string): boolean {
  // Of dates that do not exist, as of 30 February, Date makes others.
  return /Z$/.test(text) && !Number.isNaN(Date.parse(text)) && timestamp(Date.parse(text)) === text;
}

function timestamp(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}

import { checkDays } from "../catalog/days";
import { loggingCatalog } from "../catalog/logging";
import { checkName } from "../catalog/names";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import type { AuditedService } from "./audit-trail";
import { checkService } from "./project-services";

/** What is asked of an audit trail, defaults filled in. */
export interface AuditTrailRequest {
  readonly project: string;
  readonly name: string;
  readonly services: Readonly<Record<string, AuditedService>>;
  readonly retentionDays: number;
  readonly locked: boolean;
  readonly deletionProtection: boolean;
}

/** Every reason for which Google would refuse this audit trail, or would never let go of it. */
export function checkAuditTrail(request: AuditTrailRequest): Finding[] {
  const { project, name, services, retentionDays, locked, deletionProtection } = request;
  return [
    ...checkName("project", "project", project),
    ...checkName("logBucket", "name", name),
    ...checkServices("services", services),
    ...checkLogRetention("retentionDays", retentionDays),
    ...checkLock("deletionProtection", locked, deletionProtection),
  ];
}

/** Findings on days for which no log bucket keeps its entries. */
export function checkLogRetention(property: string, days: number): Finding[] {
  return checkDays(property, days, loggingCatalog.retentionDays);
}

function checkServices(property: string, services: Readonly<Record<string, AuditedService>>): Finding[] {
  const entries = Object.entries(services);
  if (entries.length === 0)
    return [
      {
        property,
        received: services,
        remedy: 'name what holds data and keys, as {"storage.googleapis.com": {}}',
      },
    ];
  return entries.flatMap(([service, { logTypes }]) => [
    ...checkAuditedService(property, service),
    ...checkLogTypes(`${property}["${service}"].logTypes`, logTypes),
  ]);
}

function checkAuditedService(property: string, service: string): Finding[] {
  if (service === "allServices") return [];
  return checkService(property, service).map((finding) => ({
    ...finding,
    remedy: `${finding.remedy}, or "allServices"`,
  }));
}

function checkLogTypes(property: string, logTypes: readonly string[] | undefined): Finding[] {
  const known: readonly string[] = loggingCatalog.dataAccessTypes;
  if (logTypes === undefined) return [];
  if (logTypes.length === 0)
    return [
      { property, received: logTypes, remedy: "leave it out for all of them, or leave the service out" },
    ];
  return logTypes
    .filter((logType) => !known.includes(logType))
    .map((logType) => ({
      property,
      received: logType,
      remedy: `${didYouMean(logType, known)}use ${known.join(", ")}`,
    }));
}

function checkLock(property: string, locked: boolean, deletionProtection: boolean): Finding[] {
  if (!locked || deletionProtection) return [];
  const remedy =
    "leave it on, or do not lock: Google deletes a locked log bucket only once it is empty, so that a destroy would fail half way";
  return [{ property, received: deletionProtection, remedy }];
}

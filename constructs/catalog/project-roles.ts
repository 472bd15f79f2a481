import { Token } from "cdktf";
import type { Finding } from "../construct-error";

/**
 * Roles that a workload is not given on a whole project, and what to do instead. The first that matches counts.
 * What is left are roles that exist for projects only (to write metrics and logs, to run queries and jobs) and
 * roles of one's own.
 */
export const projectRoleCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/iam/docs/roles-permissions",

  refused: [
    {
      roles: /^roles\/(?:owner|editor|viewer|admin|writer|reader)$/,
      remedy: "a basic role reaches into every service: grant what is needed on the thing that is accessed",
    },
    {
      roles: /^roles\/.*serviceAgent$/i,
      remedy: "it is made for Google's own agents and spans services: name the roles that are needed",
    },
    {
      roles: /^roles\/(?:iam|resourcemanager)\./,
      remedy:
        "on a project it acts as any account, or decides who may do what: use grantImpersonate or bindKubernetes of the one account that is meant",
    },
    {
      roles: /^roles\/cloudkms\./,
      remedy: "it opens every key: use grantEncryptDecrypt, grantEncrypt or grantDecrypt of one key",
    },
    {
      roles: /^roles\/secretmanager\./,
      remedy: "it opens every secret: use grantRead or grantAddVersion of one secret",
    },
    {
      roles: /^roles\/storage\./,
      remedy: "it opens every bucket: use grantRead, grantCreate, grantWrite or grantAdmin of one bucket",
    },
    {
      roles: /^roles\/artifactregistry\./,
      remedy: "it opens every repository: use grantRead of one repository",
    },
    {
      roles: /^roles\/logging\.(?:privateLogViewer|viewAccessor|fieldAccessor)$/,
      remedy: "it opens every log, those of who accessed data among them: use grantRead of one audit trail",
    },
    {
      roles: /^roles\/run\.(?:invoker|servicesInvoker)$/,
      remedy: "it calls every service: use grantInvoke of one endpoint",
    },
    {
      roles: /^roles\/pubsub\.(?:publisher|subscriber|editor)$/,
      remedy: "it opens every topic: grant it on one topic",
    },
    {
      roles: /^roles\/bigquery\.data/,
      remedy: "it opens every dataset: grant it on one dataset",
    },
    {
      roles: /^roles\/.*(?:admin|adminLogin|editor|owner|developer)(?:\.v\d+)?$/i,
      remedy:
        "a workload uses a service and does not administer it: name the role for what it does, or a role of your own, as projects/P/roles/R",
    },
  ],
} as const;

const form = /^(?:roles|projects\/[^/]+\/roles|organizations\/\d+\/roles)\/[\w.]+$/;

/** Findings on a role that a workload is not to have on a whole project. One known only at apply is not judged. */
export function checkProjectRole(property: string, role: string): Finding[] {
  if (Token.isUnresolved(role)) return [];
  if (!form.test(role))
    return [{ property, received: role, remedy: "name the role in full, as roles/monitoring.metricWriter" }];
  return projectRoleCatalog.refused
    .filter(({ roles }) => roles.test(role))
    .slice(0, 1)
    .map(({ remedy }) => ({ property, received: role, remedy }));
}

import { Token } from "cdktf";
import { checkName } from "../catalog/names";
import { vpcServiceControlsCatalog } from "../catalog/vpc-service-controls";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import type { PerimeterEgress, PerimeterIngress, ServicePerimeterProps } from "./service-perimeter";

const known: readonly string[] = vpcServiceControlsCatalog.services;
const DOMAIN = ".googleapis.com";
const anyIdentity = ["any", "any-user", "any-service-account"];

/** Every reason for which a perimeter would be refused, or guard nothing. */
export function checkServicePerimeter(props: ServicePerimeterProps): Finding[] {
  const {
    name,
    accessPolicy,
    projects,
    restrictedServices,
    accessLevels = [],
    ingress = {},
    egress = {},
  } = props;
  return [
    ...checkName("servicePerimeter", "name", name),
    ...checkAccessPolicy(accessPolicy),
    ...(projects.length > 0
      ? []
      : [{ property: "projects", received: projects, remedy: "name those that the perimeter is around" }]),
    ...projects.flatMap((project) => checkProject("projects", project)),
    ...(restrictedServices === undefined ? [] : checkServices("restrictedServices", restrictedServices)),
    ...accessLevels.flatMap((level) => checkName("servicePerimeter", "accessLevels", level)),
    ...Object.entries(ingress).flatMap(([title, rule]) => checkIngress(`ingress.${title}`, rule)),
    ...Object.entries(egress).flatMap(([title, rule]) => checkEgress(`egress.${title}`, rule)),
  ];
}

function checkAccessPolicy(accessPolicy: string): Finding[] {
  if (Token.isUnresolved(accessPolicy) || /^\d+$/.test(accessPolicy)) return [];
  const remedy =
    "state the policy's number, which `gcloud access-context-manager policies list --organization ...` shows";
  return [{ property: "accessPolicy", received: accessPolicy, remedy }];
}

function checkProject(property: string, project: string): Finding[] {
  if (Token.isUnresolved(project))
    return [
      { property, received: project, remedy: "state it by an id or number that is known before apply" },
    ];
  return /^\d+$/.test(project) ? [] : checkName("project", property, project);
}

function checkServices(property: string, services: readonly string[]): Finding[] {
  if (services.length === 0)
    return [{ property, received: services, remedy: "name one at least, as storage.googleapis.com" }];
  return services
    .filter((service) => !known.includes(service))
    .map((service) => ({
      property,
      received: service,
      remedy: `${nearest(service)}A perimeter guards no such service; ${vpcServiceControlsCatalog.source} lists those that it does`,
    }));
}

/** By what tells services apart: with the domain that all of them share, any two would be close to each other. */
function nearest(service: string): string {
  const names = known.map((full) => full.replace(DOMAIN, ""));
  return didYouMean(service.replace(DOMAIN, ""), names).replace('"?', `${DOMAIN}"?`);
}

function checkIngress(at: string, { identities, from, services }: PerimeterIngress): Finding[] {
  const findings = [
    ...checkIdentities(`${at}.identities`, identities),
    ...checkServices(`${at}.services`, services),
  ];
  if (from === "anywhere") {
    if (!anyIdentity.includes(identities as string)) return findings;
    const remedy = "name access levels or projects: anybody from anywhere is nobody kept out";
    return [...findings, { property: `${at}.from`, received: from, remedy }];
  }
  const { accessLevels = [], projects = [] } = from;
  if (accessLevels.length === 0 && projects.length === 0)
    findings.push({
      property: `${at}.from`,
      received: from,
      remedy: 'name access levels or projects, or "anywhere" for identities that are named',
    });
  return [
    ...findings,
    ...accessLevels.flatMap((level) => checkName("servicePerimeter", `${at}.from.accessLevels`, level)),
    ...projects.flatMap((project) => checkProject(`${at}.from.projects`, project)),
  ];
}

function checkEgress(at: string, { identities, toProjects, services }: PerimeterEgress): Finding[] {
  return [
    ...checkIdentities(`${at}.identities`, identities),
    ...(toProjects.length > 0
      ? []
      : [{ property: `${at}.toProjects`, received: toProjects, remedy: "name where data may go" }]),
    ...toProjects.flatMap((project) => checkProject(`${at}.toProjects`, project)),
    ...checkServices(`${at}.services`, services),
  ];
}

/** Of the members that IAM knows, a perimeter knows no domain: https://cloud.google.com/vpc-service-controls/docs/supported-identities */
export function checkPerimeterIdentity(property: string, member: string): Finding[] {
  if (Token.isUnresolved(member) || !member.startsWith("domain:")) return [];
  return [{ property, received: member, remedy: "name a group instead: a perimeter knows no domains" }];
}

function checkIdentities(property: string, identities: PerimeterIngress["identities"]): Finding[] {
  if (typeof identities !== "string") {
    if (identities.length > 0)
      return identities.flatMap(({ member }) => checkPerimeterIdentity(property, member));
    return [{ property, received: identities, remedy: 'name some, or "any-service-account" and the like' }];
  }
  if (anyIdentity.includes(identities)) return [];
  const remedy = `${didYouMean(identities, anyIdentity)}Name identities, or use one of ${anyIdentity.join(", ")}`;
  return [{ property, received: identities, remedy }];
}

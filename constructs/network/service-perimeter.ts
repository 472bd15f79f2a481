import {
  AccessContextManagerServicePerimeter,
  type AccessContextManagerServicePerimeterSpec,
} from "@cdktf/provider-google/lib/access-context-manager-service-perimeter";
import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project";
import { Construct } from "constructs";
import { vpcServiceControlsCatalog } from "../catalog/vpc-service-controls";
import { ConstructError } from "../construct-error";
import type { IIdentity } from "../security/identity";
import { checkServicePerimeter } from "./service-perimeter-checks";

/** Who crosses a perimeter: identities, or all of a kind. */
export type PerimeterIdentities = readonly IIdentity[] | "any" | "any-user" | "any-service-account";

/** Requests from outside that are let in. */
export interface PerimeterIngress {
  readonly identities: PerimeterIdentities;

  /** Where the requests come from: access levels of the policy, projects, or anywhere for identities that are named. */
  readonly from:
    | "anywhere"
    | { readonly accessLevels?: readonly string[]; readonly projects?: readonly string[] };

  /** Services that may be called, as `storage.googleapis.com`. */
  readonly services: readonly string[];
}

/** Requests from inside that are let out. */
export interface PerimeterEgress {
  readonly identities: PerimeterIdentities;

  /** Projects outside of the perimeter whose resources may be used. */
  readonly toProjects: readonly string[];

  /** Services that may be called, as `storage.googleapis.com`. */
  readonly services: readonly string[];
}

export interface ServicePerimeterProps {
  /** Name of the perimeter in its access policy. */
  readonly name: string;

  /** Number of the organisation's access policy. */
  readonly accessPolicy: string;

  /** Projects inside, by id or number. */
  readonly projects: readonly string[];

  /**
   * Whether requests that cross the perimeter are refused. Until it is so, those that would be are only logged, as
   * Google recommends for as long as it takes to find out which rules are missing.
   *
   * @default false
   */
  readonly enforced?: boolean;

  /**
   * Services whose resources cannot be used from outside.
   *
   * @default - all that a perimeter can guard
   */
  readonly restrictedServices?: readonly string[];

  /**
   * Access levels of the policy from which everything inside can be used.
   *
   * @default - none
   */
  readonly accessLevels?: readonly string[];

  /**
   * Requests that are let in, by the rule's title.
   *
   * @default - none
   */
  readonly ingress?: Readonly<Record<string, PerimeterIngress>>;

  /**
   * Requests that are let out, by the rule's title.
   *
   * @default - none
   */
  readonly egress?: Readonly<Record<string, PerimeterEgress>>;

  /**
   * Whether Terraform refuses to destroy the perimeter.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

/**
 * A perimeter of VPC Service Controls: data of its projects is not read from outside, nor copied there, even with a
 * stolen credential. Networks inside reach only the services that it guards.
 */
export class ServicePerimeter extends Construct {
  /** `accessPolicies/.../servicePerimeters/...` */
  readonly perimeterName: string;

  constructor(scope: Construct, id: string, props: ServicePerimeterProps) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkServicePerimeter(props));
    const { name, accessPolicy, enforced = false, deletionProtection = true } = props;
    const parent = `accessPolicies/${accessPolicy}`;
    const config = this.configOf(props, parent);
    this.perimeterName = new AccessContextManagerServicePerimeter(this, "Resource", {
      parent,
      name: `${parent}/servicePerimeters/${name}`,
      title: name,
      perimeterType: "PERIMETER_TYPE_REGULAR",
      ...(enforced ? { status: config } : { useExplicitDryRunSpec: true, spec: config }),
      lifecycle: { preventDestroy: deletionProtection },
    }).name;
  }

  private configOf(props: ServicePerimeterProps, parent: string): AccessContextManagerServicePerimeterSpec {
    const { projects, restrictedServices = vpcServiceControlsCatalog.services } = props;
    const { accessLevels = [], ingress = {}, egress = {} } = props;
    const levelName = (level: string) => `${parent}/accessLevels/${level}`;
    return {
      resources: projects.map((project) => this.projectName(project)),
      restrictedServices: [...restrictedServices],
      accessLevels: accessLevels.map(levelName),
      vpcAccessibleServices: { enableRestriction: true, allowedServices: ["RESTRICTED-SERVICES"] },
      ingressPolicies: Object.entries(ingress).map(([title, { identities, from, services }]) => ({
        title,
        ingressFrom: {
          ...identitiesOf(identities),
          sources:
            from === "anywhere"
              ? [{ accessLevel: "*" }]
              : [
                  ...(from.accessLevels ?? []).map((level) => ({ accessLevel: levelName(level) })),
                  ...(from.projects ?? []).map((project) => ({ resource: this.projectName(project) })),
                ],
        },
        ingressTo: { resources: ["*"], operations: services.map(everyMethodOf) },
      })),
      egressPolicies: Object.entries(egress).map(([title, { identities, toProjects, services }]) => ({
        title,
        egressFrom: identitiesOf(identities),
        egressTo: {
          resources: toProjects.map((project) => this.projectName(project)),
          operations: services.map(everyMethodOf),
        },
      })),
    };
  }

  /** A perimeter knows projects by their numbers. */
  private projectName(project: string): string {
    if (/^\d+$/.test(project)) return `projects/${project}`;
    const id = `Project ${project}`;
    const existing = this.node.tryFindChild(id) as DataGoogleProject | undefined;
    const { number } = existing ?? new DataGoogleProject(this, id, { projectId: project });
    return `projects/${number}`;
  }
}

const identityTypes = {
  any: "ANY_IDENTITY",
  "any-user": "ANY_USER_ACCOUNT",
  "any-service-account": "ANY_SERVICE_ACCOUNT",
} as const;

function identitiesOf(identities: PerimeterIdentities) {
  if (typeof identities === "string") return { identityType: identityTypes[identities] };
  return { identities: identities.map(({ member }) => member) };
}

function everyMethodOf(serviceName: string) {
  return { serviceName, methodSelectors: [{ method: "*" }] };
}

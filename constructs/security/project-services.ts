import { ProjectService } from "@cdktf/provider-google/lib/project-service";
import { Aspects, TerraformDataSource, TerraformResource } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { ConstructError, type Finding } from "../construct-error";

export interface ProjectServicesProps {
  /** APIs to enable, each once, as `storage.googleapis.com`. */
  readonly services: readonly string[];
}

/** The APIs that a project uses. They stay enabled after destroy, since others may use them too. */
export class ProjectServices extends Construct {
  private readonly enabled: ReadonlyMap<string, ProjectService>;

  constructor(scope: Construct, id: string, props: ProjectServicesProps) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkServices("services", props.services));
    this.enabled = new Map(
      props.services.map((service) => [
        service,
        new ProjectService(this, service.replace(".googleapis.com", ""), {
          service,
          disableOnDestroy: false,
        }),
      ]),
    );
  }

  /**
   * Makes everything that a construct declares, whenever it does, wait for these services, where both are in one
   * stack. Name only what the construct needs: Terraform reads a data source again, and what depends on it counts
   * as unknown, whenever a service that it waits for changes.
   */
  requiredBy(construct: Construct, services: readonly string[]): void {
    const missing = services.filter((service) => !this.enabled.has(service));
    ConstructError.throwIfAny(
      this,
      missing.map((service) => ({
        property: "services",
        received: [...this.enabled.keys()],
        remedy: `add ${service}`,
      })),
    );
    const waitFor = services
      .flatMap((service) => this.enabled.get(service) ?? [])
      .map(({ terraformResourceType, friendlyUniqueId }) => `${terraformResourceType}.${friendlyUniqueId}`);
    // A key that is encrypted with later declares the grant to an agent only then.
    Aspects.of(construct).add({ visit: (element) => this.makeWait(element, waitFor) });
  }

  private makeWait(element: IConstruct, waitFor: readonly string[]): void {
    if (element.node.scopes.includes(this)) return;
    if (TerraformResource.isTerraformResource(element) || TerraformDataSource.isTerraformDataSource(element))
      element.dependsOn = [...new Set([...(element.dependsOn ?? []), ...waitFor])];
  }
}

const form = /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*\.googleapis\.com$/;

/** Findings on services that are no APIs of Google's by their names, or that are stated twice. */
export function checkServices(property: string, services: readonly string[]): Finding[] {
  return services.flatMap((service, index) => [
    ...checkService(property, service),
    ...(services.indexOf(service) < index ? [{ property, received: service, remedy: "state it once" }] : []),
  ]);
}

/** Findings on what is no API of Google's by its name. */
export function checkService(property: string, service: string): Finding[] {
  if (form.test(service)) return [];
  const [name] = service
    .toLowerCase()
    .replace(/^https?:\/\//, "")
    .split(/[^a-z0-9-]/);
  const remedy = `name the API in full, as "${name || "storage"}.googleapis.com"`;
  return [{ property, received: service, remedy }];
}

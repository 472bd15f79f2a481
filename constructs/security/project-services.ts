import { ProjectService } from "@cdktf/provider-google/lib/project-service";
import { TerraformDataSource, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { ConstructError } from "../construct-error";

export interface ProjectServicesProps {
  /** APIs to enable, as `storage.googleapis.com`. */
  readonly services: readonly string[];
}

/** The APIs that a project uses. They stay enabled after destroy, since others may use them too. */
export class ProjectServices extends Construct {
  private readonly enabled: ReadonlyMap<string, ProjectService>;

  constructor(scope: Construct, id: string, props: ProjectServicesProps) {
    super(scope, id);
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
   * Makes everything that a construct has declared wait for these services, where both are in one stack.
   * Name only what the construct needs: Terraform reads a data source again, and what depends on it counts
   * as unknown, whenever a service that it waits for changes.
   */
  requiredBy(construct: Construct, services: readonly string[]): void {
    const waitFor = services.map((service) => {
      const enabled = this.enabled.get(service);
      if (enabled === undefined)
        throw new ConstructError(this, [
          { property: "services", received: [...this.enabled.keys()], remedy: `add ${service}` },
        ]);
      return `${enabled.terraformResourceType}.${enabled.friendlyUniqueId}`;
    });
    for (const element of construct.node.findAll())
      if (
        TerraformResource.isTerraformResource(element) ||
        TerraformDataSource.isTerraformDataSource(element)
      )
        element.dependsOn = [...(element.dependsOn ?? []), ...waitFor];
  }
}

import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project";
import { DataGoogleStorageProjectServiceAccount } from "@cdktf/provider-google/lib/data-google-storage-project-service-account";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { ProjectServiceIdentity } from "./google-beta";

/** A service agent of the stack's project, ready to be named in a grant. */
export interface ServiceAgentMember {
  readonly member: string;
  /** What has to exist before a grant may name the agent. */
  readonly dependsOn?: ITerraformDependable[];
}

/**
 * An account of Google's own, through which one of its services touches a project's resources: the one that
 * needs the key when a bucket or a service is encrypted with it.
 */
export class ServiceAgent {
  static readonly STORAGE = new ServiceAgent("StorageAgent", (scope) => ({
    // Reading the data source is what creates this agent; it has no service identity of its own.
    member: new DataGoogleStorageProjectServiceAccount(scope, "Agent").member,
  }));
  static readonly ARTIFACT_REGISTRY = ServiceAgent.ofService(
    "ArtifactRegistryAgent",
    "artifactregistry.googleapis.com",
    "gcp-sa-artifactregistry",
  );
  static readonly CLOUD_RUN = ServiceAgent.ofService(
    "CloudRunAgent",
    "run.googleapis.com",
    "serverless-robot-prod",
  );

  private static ofService(id: string, service: string, domain: string): ServiceAgent {
    return new ServiceAgent(id, (scope) => {
      const identity = new ProjectServiceIdentity(scope, "Agent", { service });
      // The API does not return the address of every agent it creates, whereas its form is documented:
      // https://cloud.google.com/iam/docs/service-agents
      const { number } = new DataGoogleProject(scope, "Project");
      return {
        member: `serviceAccount:service-${number}@${domain}.iam.gserviceaccount.com`,
        dependsOn: [identity],
      };
    });
  }

  private constructor(
    /** Construct ID of the agent's grants. */
    readonly id: string,
    /** Declares what makes sure that the agent exists. */
    readonly bind: (scope: Construct) => ServiceAgentMember,
  ) {}
}

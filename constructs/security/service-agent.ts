import { DataGoogleBigqueryDefaultServiceAccount } from "@cdktf/provider-google/lib/data-google-bigquery-default-service-account";
import { DataGoogleLoggingProjectCmekSettings } from "@cdktf/provider-google/lib/data-google-logging-project-cmek-settings";
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
  static readonly BIGQUERY = new ServiceAgent("BigQueryAgent", (scope) => ({
    // Likewise created by being read.
    member: new DataGoogleBigqueryDefaultServiceAccount(scope, "Agent").member,
  }));
  /** Log buckets. Not what a sink writes as: that is the sink's own writer identity. */
  static readonly LOGGING = new ServiceAgent("LoggingAgent", (scope) => {
    const { projectId } = new DataGoogleProject(scope, "Project");
    // Google documents no form of this address: one reads the settings, which creates the agent where there is none.
    // https://cloud.google.com/logging/docs/routing/managed-encryption-storage
    const settings = new DataGoogleLoggingProjectCmekSettings(scope, "Agent", { project: projectId });
    return { member: `serviceAccount:${settings.serviceAccountId}` };
  });
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
  static readonly CLOUD_SQL = ServiceAgent.ofService(
    "CloudSqlAgent",
    "sqladmin.googleapis.com",
    "gcp-sa-cloud-sql",
  );
  /** Disks of virtual machines, those of a cluster's nodes among them. */
  static readonly COMPUTE = new ServiceAgent("ComputeAgent", (scope) => ({
    // Google creates this agent when the API is enabled, and refuses to create it by itself:
    // https://github.com/terraform-google-modules/terraform-google-project-factory/pull/628
    member: memberOf(scope, "compute-system"),
  }));
  /** Whoever takes values out of a text and puts tokens in: it unwraps the key that they are made with. */
  static readonly DLP = ServiceAgent.ofService("DlpAgent", "dlp.googleapis.com", "dlp-api");
  /** What a cluster keeps in etcd. */
  static readonly GKE = ServiceAgent.ofService(
    "GkeAgent",
    "container.googleapis.com",
    "container-engine-robot",
  );
  /** Backups of a cluster. */
  static readonly GKE_BACKUP = ServiceAgent.ofService(
    "GkeBackupAgent",
    "gkebackup.googleapis.com",
    "gcp-sa-gkebackup",
  );
  /** Notebooks: beside the agent of their disks it needs the key too. */
  static readonly NOTEBOOKS = ServiceAgent.ofService(
    "NotebooksAgent",
    "notebooks.googleapis.com",
    "gcp-sa-notebooks",
  );
  static readonly PUBSUB = ServiceAgent.ofService("PubSubAgent", "pubsub.googleapis.com", "gcp-sa-pubsub");
  static readonly SECRET_MANAGER = ServiceAgent.ofService(
    "SecretManagerAgent",
    "secretmanager.googleapis.com",
    "gcp-sa-secretmanager",
  );
  static readonly VERTEX_AI = ServiceAgent.ofService(
    "VertexAiAgent",
    "aiplatform.googleapis.com",
    "gcp-sa-aiplatform",
  );

  private static ofService(id: string, service: string, domain: string): ServiceAgent {
    return new ServiceAgent(id, (scope) => {
      const identity = new ProjectServiceIdentity(scope, "Agent", { service });
      return { member: memberOf(scope, domain), dependsOn: [identity] };
    });
  }

  private constructor(
    /** Construct ID of the agent's grants. */
    readonly id: string,
    /** Declares what makes sure that the agent exists. */
    readonly bind: (scope: Construct) => ServiceAgentMember,
  ) {}
}

/**
 * The address of an agent. The API does not return that of every agent it creates, whereas its form is documented:
 * https://cloud.google.com/iam/docs/service-agents
 */
function memberOf(scope: Construct, domain: string): string {
  const { number } = new DataGoogleProject(scope, "Project");
  return `serviceAccount:service-${number}@${domain}.iam.gserviceaccount.com`;
}

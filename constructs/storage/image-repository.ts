import { ArtifactRegistryRepository } from "@cdktf/provider-google/lib/artifact-registry-repository";
import { ArtifactRegistryRepositoryIamMember } from "@cdktf/provider-google/lib/artifact-registry-repository-iam-member";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { checkName } from "../catalog/names";
import { ConstructError } from "../construct-error";
import type { IEncryptionKey } from "../security/encryption-key";
import type { IIdentity } from "../security/identity";
import { ServiceAgent } from "../security/service-agent";
import { checkFromOne } from "./bucket-checks";

export interface ImageRepositoryProps {
  readonly name: string;

  /** Key that the images are encrypted with. The repository lies where its key lies. */
  readonly key: IEncryptionKey;

  /**
   * Days after which an image without a tag goes.
   *
   * @default 14
   */
  readonly untaggedDaysKept?: number;

  /**
   * Most recent versions of each image that stay, tagged or not.
   *
   * @default 10
   */
  readonly versionsKept?: number;

  /**
   * Whether images are scanned for known vulnerabilities when they are pushed, where the project has
   * `containerscanning.googleapis.com` on.
   *
   * @default true
   */
  readonly vulnerabilityScanning?: boolean;

  /**
   * Whether Terraform refuses to destroy the repository.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

/** A repository of container images whose tags never move: what was tested is what is deployed. */
export class ImageRepository extends Construct {
  /** `<location>-docker.pkg.dev/<project>/<repository>`, what images are pushed to and pulled from. */
  readonly uri: string;
  private readonly resource: ArtifactRegistryRepository;

  constructor(scope: Construct, id: string, props: ImageRepositoryProps) {
    super(scope, id);
    const { name, key, untaggedDaysKept = 14, versionsKept = 10 } = props;
    const { vulnerabilityScanning = true, deletionProtection = true } = props;
    ConstructError.throwIfAny(this, [
      ...checkName("repository", "name", name),
      ...checkFromOne("untaggedDaysKept", untaggedDaysKept),
      ...checkFromOne("versionsKept", versionsKept),
    ]);

    this.resource = new ArtifactRegistryRepository(this, "Resource", {
      repositoryId: name,
      location: key.location,
      format: "DOCKER",
      kmsKeyName: key.keyIdFor(ServiceAgent.ARTIFACT_REGISTRY),
      dockerConfig: { immutableTags: true },
      // What is not said is as the project has it.
      vulnerabilityScanningConfig: vulnerabilityScanning ? undefined : { enablementConfig: "DISABLED" },
      cleanupPolicyDryRun: false,
      cleanupPolicies: [
        {
          id: "delete-untagged",
          action: "DELETE",
          condition: { tagState: "UNTAGGED", olderThan: `${untaggedDaysKept * 86_400}s` },
        },
        { id: "keep-most-recent", action: "KEEP", mostRecentVersions: { keepCount: versionsKept } },
      ],
      lifecycle: { preventDestroy: deletionProtection },
    });
    this.uri = `${key.location}-docker.pkg.dev/${this.resource.project}/${this.resource.repositoryId}`;
  }

  /** What to run: an image of this repository by tag (`0.1.0`) or digest (`sha256:...`). */
  image(name: string, version: string): string {
    ConstructError.throwIfAny(this, [
      ...checkName("imageName", "name", name),
      ...checkName("imageVersion", "version", version),
    ]);
    return `${this.uri}/${name}${version.startsWith("sha256:") ? "@" : ":"}${version}`;
  }

  /** Lets an identity pull images. Returns the grant, to wait for. */
  grantRead(identity: IIdentity): ITerraformDependable {
    return this.grant("Read", identity, "roles/artifactregistry.reader");
  }

  /** Lets an identity pull images, and push them under tags that are free: for what builds. */
  grantWrite(identity: IIdentity): ITerraformDependable {
    return this.grant("Write", identity, "roles/artifactregistry.writer");
  }

  private grant(what: string, identity: IIdentity, role: string): ITerraformDependable {
    return new ArtifactRegistryRepositoryIamMember(identity, `${what} ${this.node.path}`, {
      project: this.resource.project,
      location: this.resource.location,
      repository: this.resource.repositoryId,
      role,
      member: identity.member,
    });
  }
}

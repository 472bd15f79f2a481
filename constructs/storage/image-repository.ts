import { ArtifactRegistryRepository } from "@cdktf/provider-google/lib/artifact-registry-repository";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { checkName } from "../catalog/names";
import { ConstructError } from "../construct-error";
import type { IEncryptionKey } from "../security/encryption-key";
import type { IIdentity } from "../security/identity";
import { ServiceAgent } from "../security/service-agent";
import { checkFromOne } from "./bucket-checks";
import { ImageSource, uriOf } from "./image-source";

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
export class ImageRepository extends ImageSource {
  readonly uri: string;
  protected readonly resource: ArtifactRegistryRepository;

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
    this.uri = uriOf(key.location, this.resource);
  }

  /** Lets an identity pull images, and push them under tags that are free: for what builds. */
  grantWrite(identity: IIdentity): ITerraformDependable {
    return this.grant("Write", identity, "roles/artifactregistry.writer");
  }
}

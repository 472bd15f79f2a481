import type { ArtifactRegistryRepository } from "@cdktf/provider-google/lib/artifact-registry-repository";
import { ArtifactRegistryRepositoryIamMember } from "@cdktf/provider-google/lib/artifact-registry-repository-iam-member";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { checkName } from "../catalog/names";
import { ConstructError } from "../construct-error";
import type { IIdentity } from "../security/identity";

/** Where container images are pulled from. */
export interface IImageSource {
  /** `<location>-docker.pkg.dev/<project>/<repository>`, what images are pulled from. */
  readonly uri: string;

  /** What to run: an image by tag (`0.1.0`) or digest (`sha256:...`). */
  image(name: string, version: string): string;

  /** Lets an identity pull images. Returns the grant, to wait for. */
  grantRead(identity: IIdentity): ITerraformDependable;
}

/** A repository of container images in Artifact Registry. */
export abstract class ImageSource extends Construct implements IImageSource {
  abstract readonly uri: string;
  protected abstract readonly resource: ArtifactRegistryRepository;

  image(name: string, version: string): string {
    ConstructError.throwIfAny(this, [
      ...checkName("imageName", "name", name),
      ...checkName("imageVersion", "version", version),
    ]);
    return `${this.uri}/${name}${version.startsWith("sha256:") ? "@" : ":"}${version}`;
  }

  grantRead(identity: IIdentity): ITerraformDependable {
    return this.grant("Read", identity, "roles/artifactregistry.reader");
  }

  protected grant(what: string, identity: IIdentity, role: string): ITerraformDependable {
    return new ArtifactRegistryRepositoryIamMember(identity, `${what} ${this.node.path}`, {
      project: this.resource.project,
      location: this.resource.location,
      repository: this.resource.repositoryId,
      role,
      member: identity.member,
    });
  }
}

/** What images of a repository are pulled from. */
export function uriOf(location: string, { project, repositoryId }: ArtifactRegistryRepository): string {
  return `${location}-docker.pkg.dev/${project}/${repositoryId}`;
}

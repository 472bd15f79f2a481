import { ArtifactRegistryRepository } from "@cdktf/provider-google/lib/artifact-registry-repository";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import { checkName } from "../catalog/names";
import { ConstructError, type Finding } from "../construct-error";
import type { IEncryptionKey } from "../security/encryption-key";
import { ServiceAgent } from "../security/service-agent";
import { checkFromOne } from "./bucket-checks";
import { ImageSource, uriOf } from "./image-source";

export interface ImageMirrorProps {
  readonly name: string;

  /** Registry whose images are fetched: `https://registry.k8s.io`. */
  readonly registry: string;

  /** Key that the images are encrypted with. The mirror lies where its key lies. */
  readonly key: IEncryptionKey;

  /**
   * Days after which an image that was fetched goes. It is fetched again when it is asked for.
   *
   * @default 90
   */
  readonly daysKept?: number;
}

/**
 * Images of a public registry, fetched by Google when they are first pulled, for machines that reach Google's APIs and
 * no other: the nodes of a private network among them. What runs then depends on the other registry no more than once.
 *
 * An enforced service perimeter keeps Google from fetching until somebody allows it once for the project and region:
 * `gcloud artifacts vpcsc-config allow --location=REGION`.
 */
export class ImageMirror extends ImageSource {
  readonly uri: string;
  protected readonly resource: ArtifactRegistryRepository;

  constructor(scope: Construct, id: string, props: ImageMirrorProps) {
    super(scope, id);
    const { name, registry, key, daysKept = 90 } = props;
    ConstructError.throwIfAny(this, [
      ...checkName("repository", "name", name),
      ...checkRegistry("registry", registry),
      ...checkFromOne("daysKept", daysKept),
    ]);
    this.resource = new ArtifactRegistryRepository(this, "Resource", {
      repositoryId: name,
      location: key.location,
      format: "DOCKER",
      mode: "REMOTE_REPOSITORY",
      remoteRepositoryConfig: { dockerRepository: { customRepository: { uri: registry } } },
      kmsKeyName: key.keyIdFor(ServiceAgent.ARTIFACT_REGISTRY),
      cleanupPolicyDryRun: false,
      cleanupPolicies: [
        {
          id: "delete-old",
          action: "DELETE",
          condition: { tagState: "ANY", olderThan: `${daysKept * 86_400}s` },
        },
      ],
    });
    this.uri = uriOf(key.location, this.resource);
  }
}

function checkRegistry(property: string, received: string): Finding[] {
  if (Token.isUnresolved(received) || /^https:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(received)) return [];
  return [{ property, received, remedy: "name a registry, as https://registry.k8s.io, without a path" }];
}

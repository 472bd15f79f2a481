import { TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import {
  CloudRunEndpoint,
  type CloudRunEndpointProps,
  type IEncryptedBucket,
  type IEncryptionKey,
  type ImageRepository,
  Principal,
} from "../constructs";
import { PlinthStack, type PlinthStackProps } from "./plinth-stack";

/** What an environment decides about its endpoint. */
export interface ServingSizes
  extends Pick<
    CloudRunEndpointProps,
    "cpu" | "memoryMiB" | "instancesMin" | "instancesMax" | "runtime" | "modelPath" | "checkpoint"
  > {
  /** Tag or digest of the runtime's image. */
  readonly imageVersion: string;
}

export interface ServingStackProps extends PlinthStackProps, ServingSizes {
  readonly key: IEncryptionKey;
  readonly models: IEncryptedBucket;
  readonly images: ImageRepository;
  readonly deletionProtection: boolean;

  /**
   * Members that may send requests to the endpoint, as `group:...` or `serviceAccount:...`.
   *
   * @default - nobody
   */
  readonly callers?: readonly string[];
}

/** The endpoint that answers requests. Holds no data, so it can go and come back. */
export class ServingStack extends PlinthStack {
  readonly endpoint: CloudRunEndpoint;

  constructor(scope: Construct, id: string, props: ServingStackProps) {
    super(scope, id, props);
    const { key, models, images, imageVersion, deletionProtection, callers = [] } = props;
    const { modelPath, checkpoint, cpu, memoryMiB, instancesMin, instancesMax, runtime } = props;

    this.endpoint = new CloudRunEndpoint(this, "Endpoint", {
      name: this.named("serving"),
      image: images.image("runtime", imageVersion),
      key,
      models,
      modelPath,
      checkpoint,
      runtime,
      cpu,
      memoryMiB,
      instancesMin,
      instancesMax,
      deletionProtection,
    });
    // By member and not by position, so that a grant keeps its address when others come and go.
    for (const member of callers) this.endpoint.grantInvoke(new Principal(this, `Caller ${member}`, member));

    new TerraformOutput(this, "endpoint_url", { value: this.endpoint.url, staticId: true });
  }
}

import { CloudRunV2Service } from "@cdktf/provider-google/lib/cloud-run-v2-service";
import { CloudRunV2ServiceIamMember } from "@cdktf/provider-google/lib/cloud-run-v2-service-iam-member";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import {
  parseRuntimeConfig,
  type RuntimeConfig,
  runtimeEnvironment,
  runtimePaths,
} from "../../runtime/src/config";
import { cloudRunCatalog } from "../catalog/cloud-run";
import { ConstructError } from "../construct-error";
import type { IEncryptionKey } from "../security/encryption-key";
import type { IIdentity } from "../security/identity";
import { ServiceAgent } from "../security/service-agent";
import { WorkloadIdentity } from "../security/workload-identity";
import type { CheckpointConfig } from "../sizing/checkpoint-config";
import type { ArtifactPrecision } from "../sizing/weight-storage";
import type { IEncryptedBucket } from "../storage/encrypted-bucket";
import { checkCloudRunEndpoint } from "./cloud-run-checks";
import { type EndpointRuntime, endpointRuntime, MODELS_MOUNT } from "./cloud-run-runtime";

/** Who can reach the endpoint over the network; whoever calls it must be granted that as well. */
export type Ingress = "internal" | "internal-and-load-balancer" | "all";

export interface CloudRunEndpointProps {
  /** Name of the service and of its service account. */
  readonly name: string;

  /** Image of the runtime, with tag or digest. */
  readonly image: string;

  /** Key that the deployed image is encrypted with. The service runs where its key lies. */
  readonly key: IEncryptionKey;

  /** Bucket that holds the model. The service can read this bucket, and nothing else. */
  readonly models: IEncryptedBucket;

  /** Where in the bucket the checkpoint lies: the folder with its `config.json`. */
  readonly modelPath: string;

  /**
   * The checkpoint's `config.json`, as `checkpointConfigFrom(path)` reads it. With it synth refuses what the runtime
   * would not start with, and an instance whose memory does not hold weights and KV cache.
   *
   * @default - the model is not known at synth, and only a KV cache above half of the memory is refused
   */
  readonly checkpoint?: CheckpointConfig;

  /**
   * Precision of the weights that lie in the bucket, where they are an artifact of `plinth-runtime convert`.
   *
   * @default - what the checkpoint's `config.json` states
   */
  readonly storedWeights?: ArtifactPrecision;

  /**
   * Settings of the runtime that differ from its own defaults. Where it listens and where its model lies follow
   * from the endpoint.
   *
   * @default - the runtime's defaults, with a `gracePeriodSeconds` of 8, since Cloud Run kills after 10
   */
  readonly runtime?: EndpointRuntime;

  /**
   * Processors: 1, 2, 4, 6 or 8. They stay allocated between requests, since the engine works on its own thread.
   *
   * @default 2
   */
  readonly cpu?: number;

  /**
   * Memory for weights, KV cache and process.
   *
   * @default 4096
   */
  readonly memoryMiB?: number;

  /**
   * Instances that run without any request; 0 scales to zero.
   *
   * @default 0
   */
  readonly instancesMin?: number;

  /**
   * Most instances.
   *
   * @default 3
   */
  readonly instancesMax?: number;

  /**
   * Requests that one instance gets at a time. Beyond it Cloud Run starts another instance.
   *
   * @default - the runtime's maxSequences: another instance starts before requests wait in this one
   */
  readonly concurrency?: number;

  /**
   * Longest time that a response, streamed or not, may take: Cloud Run cuts it off then. The runtime's own
   * `requestTimeoutSeconds`, which must not exceed it, ends a request with an error instead.
   *
   * @default 300
   */
  readonly requestTimeoutSeconds?: number;

  /** @default "internal" */
  readonly ingress?: Ingress;

  /**
   * Whether Terraform refuses to destroy the service, and so to replace one whose first deployment failed.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

const STARTUP_PERIOD_SECONDS = 5;

const ingressTraffic: Readonly<Record<Ingress, string>> = {
  internal: "INGRESS_TRAFFIC_INTERNAL_ONLY",
  "internal-and-load-balancer": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
  all: "INGRESS_TRAFFIC_ALL",
};

/**
 * The runtime on Cloud Run, serving one model out of a bucket. Nobody can call it until it is granted.
 */
export class CloudRunEndpoint extends Construct {
  readonly identity: WorkloadIdentity;
  readonly url: string;
  private readonly resource: CloudRunV2Service;

  constructor(scope: Construct, id: string, props: CloudRunEndpointProps) {
    super(scope, id);
    const { name, image, key, models, modelPath, ingress = "internal", deletionProtection = true } = props;
    const {
      cpu = 2,
      memoryMiB = 4_096,
      instancesMin = 0,
      instancesMax = 3,
      requestTimeoutSeconds = 300,
      runtime: stated = {},
    } = props;
    ConstructError.throwIfAny(
      this,
      checkCloudRunEndpoint({
        name,
        image,
        modelPath,
        checkpoint: props.checkpoint,
        storedWeights: props.storedWeights,
        runtime: stated,
        cpu,
        memoryMiB,
        instancesMin,
        instancesMax,
        concurrency: props.concurrency,
        requestTimeoutSeconds,
      }),
    );
    const runtime = endpointRuntime(modelPath, stated);
    const config = parseRuntimeConfig(runtime);

    this.identity = new WorkloadIdentity(this, "Identity", { name, description: `Serves ${modelPath}` });
    this.resource = new CloudRunV2Service(this, "Resource", {
      name,
      location: key.location,
      ingress: ingressTraffic[ingress],
      // The provider's protection lies in the state: a service whose creation failed could then be neither
      // replaced nor, since an update comes only after the replacement, be freed.
      deletionProtection: false,
      lifecycle: { preventDestroy: deletionProtection },
      template: {
        serviceAccount: this.identity.email,
        encryptionKey: key.keyIdFor(ServiceAgent.CLOUD_RUN),
        executionEnvironment: "EXECUTION_ENVIRONMENT_GEN2",
        maxInstanceRequestConcurrency: props.concurrency ?? config.maxSequences,
        timeout: `${requestTimeoutSeconds}s`,
        scaling: { minInstanceCount: instancesMin, maxInstanceCount: instancesMax },
        containers: [
          {
            image,
            env: Object.entries(runtimeEnvironment(runtime)).map(([variable, value]) => ({
              name: variable,
              value,
            })),
            ports: { containerPort: config.port },
            resources: {
              limits: { cpu: String(cpu), memory: `${memoryMiB}Mi` },
              cpuIdle: false,
              startupCpuBoost: true,
            },
            ...probes(config),
            volumeMounts: [{ name: "models", mountPath: MODELS_MOUNT }],
          },
        ],
        volumes: [{ name: "models", gcs: { bucket: models.bucketName, readOnly: true } }],
      },
      // An instance that cannot read its model does not start, and with it the deployment fails.
      dependsOn: [models.grantRead(this.identity)],
    });
    this.url = this.resource.uri;
  }

  /** Lets an identity send requests. Returns the grant, to wait for. */
  grantInvoke(identity: IIdentity): ITerraformDependable {
    return new CloudRunV2ServiceIamMember(identity, `Invoke ${this.node.path}`, {
      project: this.resource.project,
      location: this.resource.location,
      name: this.resource.name,
      role: "roles/run.invoker",
      member: identity.member,
    });
  }
}

/** Ready, that is with its model loaded, before the first request; then restarted once it no longer lives. */
function probes({ port }: RuntimeConfig) {
  return {
    startupProbe: {
      httpGet: { path: runtimePaths.ready, port },
      periodSeconds: STARTUP_PERIOD_SECONDS,
      timeoutSeconds: 3,
      failureThreshold: cloudRunCatalog.startupSecondsMax / STARTUP_PERIOD_SECONDS,
    },
    livenessProbe: {
      httpGet: { path: runtimePaths.live, port },
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
  };
}

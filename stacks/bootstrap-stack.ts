import { TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import { EncryptedBucket, EncryptionKey, ProjectServices } from "../constructs";
import type { KeySettings } from "./foundation-settings";
import { PlinthStack, type PlinthStackProps } from "./plinth-stack";

export interface BootstrapStackProps extends PlinthStackProps {
  /** Name of the bucket to create for the state of the other stacks. */
  readonly stateBucketName: string;

  /** How the key of the state is made. */
  readonly keys: KeySettings;
}

/** APIs that the stacks of an environment use. */
const services = [
  "accesscontextmanager.googleapis.com",
  "aiplatform.googleapis.com",
  "artifactregistry.googleapis.com",
  "billingbudgets.googleapis.com",
  "binaryauthorization.googleapis.com",
  "cloudkms.googleapis.com",
  "cloudquotas.googleapis.com",
  "cloudresourcemanager.googleapis.com",
  "cloudscheduler.googleapis.com",
  "compute.googleapis.com",
  "container.googleapis.com",
  // Images are streamed from it.
  "containerfilesystem.googleapis.com",
  // What reports of the cluster's security posture.
  "containersecurity.googleapis.com",
  "dlp.googleapis.com",
  "dns.googleapis.com",
  "gkebackup.googleapis.com",
  "iam.googleapis.com",
  "iamcredentials.googleapis.com",
  "iap.googleapis.com",
  "logging.googleapis.com",
  "monitoring.googleapis.com",
  "notebooks.googleapis.com",
  "orgpolicy.googleapis.com",
  "osconfig.googleapis.com",
  "pubsub.googleapis.com",
  "run.googleapis.com",
  "secretmanager.googleapis.com",
  "servicedirectory.googleapis.com",
  "servicenetworking.googleapis.com",
  "serviceusage.googleapis.com",
  "storage.googleapis.com",
  "sts.googleapis.com",
];

/**
 * What has to exist before the other stacks can be initialised: the project's APIs, and the bucket that holds
 * their state, with a key of its own so that the state outlives the data it describes.
 */
export class BootstrapStack extends PlinthStack {
  constructor(scope: Construct, id: string, props: BootstrapStackProps) {
    super(scope, id, props);
    const enabled = new ProjectServices(this, "Services", { services });

    // The state is protected in every environment: without it nothing else can be destroyed in order.
    const key = new EncryptionKey(this, "StateKey", {
      name: this.named("state"),
      location: this.region,
      ...props.keys,
    });
    const state = new EncryptedBucket(this, "State", {
      name: props.stateBucketName,
      key,
      noncurrentVersionsKept: 50,
      noncurrentDaysKept: 365,
      // What a resource is given, Terraform's state repeats.
      dataClassification: "confidential",
    });
    // The bucket waits for its key, and so for these services too.
    enabled.requiredBy(key, ["cloudkms.googleapis.com", "storage.googleapis.com"]);

    new TerraformOutput(this, "state_bucket", { value: state.bucketName, staticId: true });
  }
}

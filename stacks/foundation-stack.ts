import { TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import {
  AuditTrail,
  EncryptedBucket,
  EncryptionKey,
  type IEncryptedBucket,
  type IEncryptionKey,
  ImageRepository,
} from "../constructs";
import { PlinthStack, type PlinthStackProps } from "./plinth-stack";

export interface FoundationStackProps extends PlinthStackProps {
  /** Whether Terraform refuses to destroy what holds data. */
  readonly deletionProtection: boolean;

  /** Days during which deleted models can be restored. */
  readonly softDeleteDays: number;
}

/** What holds an environment's data: its key, its models, its images, and the record of who touched them. */
export class FoundationStack extends PlinthStack {
  readonly key: IEncryptionKey;
  readonly models: IEncryptedBucket;
  readonly images: ImageRepository;

  constructor(scope: Construct, id: string, props: FoundationStackProps) {
    super(scope, id, props);
    const { deletionProtection, softDeleteDays } = props;

    new AuditTrail(this, "Audit", {
      project: this.project,
      name: this.named("audit"),
      key: new EncryptionKey(this, "AuditKey", {
        name: this.named("audit"),
        location: this.region,
        deletionProtection,
      }),
      services: { "cloudkms.googleapis.com": {}, "storage.googleapis.com": {} },
      deletionProtection,
    });
    const key = new EncryptionKey(this, "Key", {
      name: this.named("data"),
      location: this.region,
      deletionProtection,
    });
    this.key = key;
    this.models = new EncryptedBucket(this, "Models", {
      name: this.globallyNamed("models"),
      key,
      softDeleteDays,
      deletionProtection,
    });
    this.images = new ImageRepository(this, "Images", {
      name: this.named("images"),
      key,
      deletionProtection,
    });

    new TerraformOutput(this, "models_bucket", { value: this.models.bucketName, staticId: true });
    new TerraformOutput(this, "image_repository", { value: this.images.uri, staticId: true });
  }
}

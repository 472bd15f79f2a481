import { TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import {
  AcceleratorQuota,
  AlertChannel,
  ArchiveBucket,
  AuditTrail,
  acceleratorQuotaCatalog,
  CheckpointBucket,
  DataProtection,
  DatasetBucket,
  EncryptionKey,
  type IAlertChannel,
  type IEncryptedBucket,
  type IEncryptionKey,
  type IIdentity,
  ImageRepository,
  type ISecretValue,
  type IWorkloadIdentity,
  infoTypesOf,
  ModelBucket,
  OrganizationPolicies,
  Principal,
  PrivateEndpoint,
  PrivateNetwork,
  ProjectBudget,
  RotationTopic,
  SecretValue,
  ServicePerimeter,
  suppressPolicy,
  WorkloadIdentity,
  WorkloadIdentityFederation,
} from "../constructs";
import { vpcServiceControlsCatalog } from "../constructs/catalog/vpc-service-controls";
import type { FoundationSettings } from "./foundation-settings";
import { PlinthStack, type PlinthStackProps } from "./plinth-stack";

export interface FoundationStackProps extends PlinthStackProps, FoundationSettings {}

/** APIs whose every access to data is logged: what holds data, secrets and keys. */
const auditedServices = [
  "artifactregistry.googleapis.com",
  "cloudkms.googleapis.com",
  "secretmanager.googleapis.com",
  "storage.googleapis.com",
];

/** Where models and images are published to, and what gives out tokens of the account that does. */
const publishedWith = [
  "artifactregistry.googleapis.com",
  "iamcredentials.googleapis.com",
  "storage.googleapis.com",
];

/**
 * What everything else in an environment stands on: its keys, what holds its data, the record of who touched them, the
 * network, and the limits that hold whoever builds in the project.
 */
export class FoundationStack extends PlinthStack {
  readonly key: IEncryptionKey;
  readonly models: IEncryptedBucket;
  readonly datasets: IEncryptedBucket;
  readonly checkpoints: CheckpointBucket;
  readonly images: ImageRepository;

  /** The account that publishes models and images, and can do nothing else. */
  readonly publisher: IWorkloadIdentity;

  readonly network: PrivateNetwork;
  readonly secrets: ReadonlyMap<string, ISecretValue>;

  /** Who hears of alerts. */
  readonly alertTo: readonly IAlertChannel[];

  constructor(scope: Construct, id: string, props: FoundationStackProps) {
    super(scope, id, props);
    const { deletionProtection, alertEmails } = props;
    const alertTo = alertEmails.map((email) => new AlertChannel(this, `Alerts ${email}`, { email }));
    this.alertTo = alertTo;

    this.keepAudit(props, alertTo);
    const key = this.encryptionKey("Key", "data", props);
    this.key = key;
    this.models = this.modelBucket(props);
    this.datasets = this.datasetBucket(props);
    this.checkpoints = this.checkpointBucket(props);
    this.images = new ImageRepository(this, "Images", {
      name: this.named("images"),
      key,
      deletionProtection,
    });
    const publishers = this.publishersOf(props.publishing);
    this.publisher = this.publishingAccount(publishers);
    this.network = this.privateNetwork(props);
    this.secrets = this.secretValues(props);
    this.govern(props, alertTo);
    this.guard(props, [...publishers, this.publisher]);

    for (const [name, value] of Object.entries({
      models_bucket: this.models.bucketName,
      datasets_bucket: this.datasets.bucketName,
      checkpoints_bucket: this.checkpoints.bucketName,
      image_repository: this.images.uri,
      publisher: this.publisher.email,
      network: this.network.networkName,
    }))
      new TerraformOutput(this, name, { value, staticId: true });
  }

  private encryptionKey(
    id: string,
    part: string,
    { keys, deletionProtection }: FoundationSettings,
  ): EncryptionKey {
    return new EncryptionKey(this, id, {
      name: this.named(part),
      location: this.region,
      ...keys,
      deletionProtection,
    });
  }

  /** Under a key of its own, so that whoever may use the data's key cannot read the trail by it. */
  private keepAudit(props: FoundationSettings, alertTo: readonly IAlertChannel[]): void {
    const { deletionProtection } = props;
    const { retentionDays, archiveDays, locked } = props.audit;
    const key = this.encryptionKey("AuditKey", "audit", props);
    const archive =
      archiveDays === undefined
        ? undefined
        : new ArchiveBucket(this, "AuditArchive", {
            name: this.globallyNamed("audit"),
            key,
            dataClassification: "confidential",
            retention: { days: archiveDays, locked },
            expireAfterDays: archiveDays,
            deletionProtection,
          });
    new AuditTrail(this, "Audit", {
      project: this.project,
      name: this.named("audit"),
      key,
      services: Object.fromEntries(auditedServices.map((service) => [service, {}])),
      retentionDays,
      locked,
      archive,
      alertTo,
      deletionProtection,
    });
  }

  private modelBucket(props: FoundationSettings): ModelBucket {
    const { softDeleteDays, olderVersionDays, deletionProtection } = props;
    return new ModelBucket(this, "Models", {
      name: this.globallyNamed("models"),
      key: this.key,
      // A model gives away little of what it was trained on, and everything of what it cost.
      dataClassification: "confidential",
      softDeleteDays,
      noncurrentDaysKept: olderVersionDays,
      deletionProtection,
    });
  }

  /** How long what was erased from it is kept is for the data's kind to say, and not for the environment. */
  private datasetBucket({ dataClassification, deletionProtection }: FoundationSettings): DatasetBucket {
    return new DatasetBucket(this, "Datasets", {
      name: this.globallyNamed("datasets"),
      key: this.key,
      dataClassification,
      deletionProtection,
    });
  }

  private checkpointBucket({
    dataClassification,
    checkpointsKept,
    deletionProtection,
  }: FoundationSettings): CheckpointBucket {
    const checkpoints = new CheckpointBucket(this, "Checkpoints", {
      name: this.globallyNamed("checkpoints"),
      key: this.key,
      dataClassification,
      keepLast: checkpointsKept,
      deletionProtection,
    });
    suppressPolicy(checkpoints, {
      rule: "bucket-recoverable",
      reason:
        "A hierarchical namespace keeps no versions, and a run that lost a checkpoint goes on from the one before.",
    });
    return checkpoints;
  }

  /** By member and not by position, so that a grant keeps its address when others come and go. */
  private publishersOf({ members, gitHub }: FoundationSettings["publishing"]): IIdentity[] {
    const publishers: IIdentity[] = members.map(
      (member) => new Principal(this, `Publisher ${member}`, member),
    );
    if (gitHub === undefined) return publishers;
    const { ownerId, repository, branch } = gitHub;
    const federation = WorkloadIdentityFederation.forGitHub(this, "GitHub", {
      name: this.named("github"),
      ownerId,
    });
    return [...publishers, federation.attribute("repository_ref", `${repository}@refs/heads/${branch}`)];
  }

  /** What is published is served to everybody, so that whoever trains or serves does not publish as well. */
  private publishingAccount(publishers: readonly IIdentity[]): WorkloadIdentity {
    const publisher = new WorkloadIdentity(this, "Publisher", {
      name: this.named("publisher"),
      description: "Publishes models and images",
    });
    this.models.grantWrite(publisher);
    this.images.grantWrite(publisher);
    for (const identity of publishers) publisher.grantImpersonate(identity);
    return publisher;
  }

  private privateNetwork({ network, deletionProtection }: FoundationSettings): PrivateNetwork {
    const { cidr, subnets, natAddresses, privateServicesPrefix, googleApisEndpoint, flowLogs } = network;
    const built = new PrivateNetwork(this, "Network", {
      name: this.named("network"),
      region: this.region,
      cidr,
      subnets,
      nat: { addresses: natAddresses },
      privateServices: privateServicesPrefix,
      flowLogs,
      deletionProtection,
    });
    if (googleApisEndpoint !== undefined)
      new PrivateEndpoint(this, "GoogleApis", {
        // It becomes part of host names: storage-<name>.p.googleapis.com.
        name: this.named("apis").replaceAll("-", ""),
        network: built,
        target: "vpc-sc",
        address: googleApisEndpoint,
        deletionProtection,
      });
    return built;
  }

  private secretValues({ secrets, deletionProtection }: FoundationSettings): Map<string, SecretValue> {
    const { key } = this;
    const rotate = Object.values(secrets).some(({ rotationDays }) => rotationDays !== undefined);
    const topic = rotate
      ? new RotationTopic(this, "RotationTopic", { name: this.named("secret-rotation"), key })
      : undefined;
    const parent = new Construct(this, "Secrets");
    return new Map(
      Object.entries(secrets).map(([name, { rotationDays }]) => [
        name,
        new SecretValue(parent, name, {
          name: this.named(name),
          key,
          rotationDays,
          rotationTopic: rotationDays === undefined ? undefined : topic,
          deletionProtection,
        }),
      ]),
    );
  }

  /** What holds whoever builds in the project, and what it may cost. */
  private govern(props: FoundationSettings, alertTo: readonly IAlertChannel[]): void {
    const { key, project, region } = this;
    const { budget, quotas } = props;
    new DataProtection(this, "DataProtection", {
      name: this.named("texts"),
      project,
      location: region,
      infoTypes: (["personal", "health", "cardholder"] as const).flatMap(infoTypesOf),
    });
    if (props.organizationPolicies)
      new OrganizationPolicies(this, "Policies", {
        parent: `projects/${project}`,
        locations: [region, "global"],
      });
    if (budget !== undefined)
      new ProjectBudget(this, "Budget", { name: this.named("budget"), ...budget, project, key, alertTo });
    this.limit(quotas);
  }

  /** Around the project, and open to who publishes and who deploys, wherever they are. */
  private guard({ perimeter, deletionProtection }: FoundationSettings, publish: readonly IIdentity[]): void {
    if (perimeter === undefined) return;
    const { accessPolicy, enforced, deployers } = perimeter;
    const deploy = deployers.map((member) => new Principal(this, `Deployer ${member}`, member));
    new ServicePerimeter(this, "Perimeter", {
      // Names of perimeters have no hyphens.
      name: this.named("foundation").replaceAll("-", "_"),
      accessPolicy,
      projects: [this.project],
      enforced,
      ingress: {
        Publishers: { identities: publish, from: "anywhere", services: publishedWith },
        ...(deploy.length > 0 && {
          Deployers: { identities: deploy, from: "anywhere", services: vpcServiceControlsCatalog.services },
        }),
      },
      deletionProtection,
    });
  }

  private limit({ accelerators, contactEmail }: FoundationSettings["quotas"]): void {
    const parent = new Construct(this, "Quotas");
    for (const [accelerator, limits] of Object.entries(accelerators))
      for (const [kind, limit] of Object.entries(limits))
        new AcceleratorQuota(parent, `${accelerator} ${kind}`, {
          project: this.project,
          accelerator,
          limit,
          spot: kind === "spot",
          // What all GPUs share holds in every region together.
          region: acceleratorQuotaCatalog.accelerators[accelerator]?.perRegion ? this.region : undefined,
          contactEmail,
        });
  }
}

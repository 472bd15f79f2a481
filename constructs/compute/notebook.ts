import { WorkbenchInstance } from "@cdktf/provider-google/lib/workbench-instance";
import { WorkbenchInstanceIamMember } from "@cdktf/provider-google/lib/workbench-instance-iam-member";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import { machineImage, machineImageCatalog } from "../catalog/machine-images";
import { workbenchCatalog } from "../catalog/workbench";
import { ConstructError } from "../construct-error";
import { suppressPolicy } from "../policy/suppression";
import { type IIdentity, Principal } from "../security/identity";
import { ServiceAgent } from "../security/service-agent";
import { WorkloadIdentity } from "../security/workload-identity";
import { checkWorkload } from "../sizing/hardware-request";
import { warnOfWorkload } from "../sizing/hardware-warnings";
import { DRIVER_SIGNATURE_UNKNOWN } from "./driver-signature";
import { IdleGpuAlert } from "./idle-gpu-alert";
import { acceleratorsOf } from "./machine-checks";
import { checkNotebook } from "./notebook-checks";
import type { NotebookProps } from "./notebook-props";
import { OpsAgent } from "./ops-agent";

const IDLE_GPU_SECONDS = 3_600;

/**
 * A JupyterLab of Workbench without a public address. It shuts down when nobody uses it, encrypts its disks with a
 * key of one's own, and runs as an account of its own. Nobody can open it until that is granted.
 */
export class Notebook extends Construct {
  readonly identity: WorkloadIdentity;

  /** Where its JupyterLab is opened, for whoever may use it. */
  readonly url: string;

  private readonly resource: WorkbenchInstance;
  private readonly owner?: string;

  constructor(scope: Construct, id: string, props: NotebookProps) {
    super(scope, id);
    const { name, zone, key, network, subnet, owner, image, containerImage, upgradeSchedule } = props;
    const { machineType = "e2-standard-4", diskType = "pd-balanced", alertTo = [] } = props;
    const { idleShutdownSeconds = 10_800, bootDiskGiB = 150, dataDiskGiB = 100 } = props;
    const { rootAccess = false, terminal = true, downloads = false, deletionProtection = true } = props;
    const { accelerator, acceleratorCount, gpuIdleSeconds } = props;
    const gpus = acceleratorsOf({ machineType, accelerator, acceleratorCount });
    const { secureBoot = gpus === undefined } = props;
    ConstructError.throwIfAny(this, [
      ...checkNotebook({
        name,
        zone,
        machineType,
        accelerator,
        acceleratorCount,
        idleShutdownSeconds,
        gpuIdleSeconds,
        owner,
        image,
        containerImage,
        bootDiskGiB,
        dataDiskGiB,
        diskType,
        upgradeSchedule,
        keyRegion: key.location,
        subnetRegion: subnet.region,
      }),
      ...checkWorkload("workload", props.workload),
    ]);
    warnOfWorkload(this, props.workload, { machineType, accelerators: gpus });

    this.owner = owner;
    this.identity = new WorkloadIdentity(this, "Identity", {
      name,
      description: `Runs the notebook ${name}`,
    });
    const opsAgent =
      gpus === undefined ? undefined : new OpsAgent(this, "OpsAgent", { machineName: name, zone });
    const disk = {
      diskType: diskType.toUpperCase().replace("-", "_"),
      diskEncryption: "CMEK",
    };
    this.resource = new WorkbenchInstance(this, "Resource", {
      name,
      location: zone,
      instanceOwners: owner === undefined ? undefined : [owner],
      labels: opsAgent === undefined ? undefined : { ...opsAgent.labels },
      gceSetup: {
        machineType,
        // Stated even where they come with the machine type: the provider would else take them for a change.
        acceleratorConfigs:
          gpus === undefined
            ? undefined
            : [{ type: workbenchCatalog.accelerators[gpus.accelerator], coreCount: String(gpus.count) }],
        disablePublicIp: true,
        networkInterfaces: [{ network: network.networkId, subnet: subnet.subnetId, nicType: "GVNIC" }],
        serviceAccounts: [{ email: this.identity.email }],
        // One key, by way of both grants that it takes: https://cloud.google.com/vertex-ai/docs/workbench/instances/cmek
        bootDisk: { ...disk, diskSizeGb: String(bootDiskGiB), kmsKey: key.keyIdFor(ServiceAgent.COMPUTE) },
        dataDisks: { ...disk, diskSizeGb: String(dataDiskGiB), kmsKey: key.keyIdFor(ServiceAgent.NOTEBOOKS) },
        shieldedInstanceConfig: {
          enableSecureBoot: secureBoot,
          enableVtpm: true,
          enableIntegrityMonitoring: true,
        },
        ...(containerImage === undefined
          ? { vmImage: image === undefined ? machineImageCatalog.workbench : machineImage(image) }
          : { containerImage: containerParts(containerImage) }),
        metadata: {
          "idle-timeout-seconds": String(idleShutdownSeconds),
          "notebook-disable-root": String(!rootAccess),
          "notebook-disable-terminal": String(!terminal),
          "notebook-disable-downloads": String(!downloads),
          "notebook-disable-nbconvert": String(!downloads),
          "block-project-ssh-keys": "true",
          ...(upgradeSchedule === undefined ? {} : { "notebook-upgrade-schedule": upgradeSchedule }),
          ...opsAgent?.metadata,
        },
      },
      timeouts: { create: "30m" },
      lifecycle: {
        preventDestroy: deletionProtection,
        // An apply that changes nothing else is no reason to start what shut down because nobody uses it.
        ignoreChanges: ["desired_state"],
      },
      dependsOn: ["roles/logging.logWriter", "roles/monitoring.metricWriter"].map((role) =>
        this.identity.grantProjectRole(role),
      ),
    });
    this.url = `https://${this.resource.proxyUri}`;

    if (owner !== undefined) this.identity.grantActAs(new Principal(this, "Owner", `user:${owner}`));
    if (gpus !== undefined && (alertTo.length > 0 || gpuIdleSeconds !== undefined))
      new IdleGpuAlert(this, "IdleGpu", {
        machineName: name,
        zone,
        idleSeconds: gpuIdleSeconds ?? Math.min(IDLE_GPU_SECONDS, lastMinuteBefore(idleShutdownSeconds)),
        advice: "Stop the notebook, or move it to a machine without a GPU: its disks stay.",
        alertTo,
      });
    if (gpus !== undefined && !secureBoot && image === undefined)
      suppressPolicy(this, { rule: "shielded-machine", reason: DRIVER_SIGNATURE_UNKNOWN });
  }

  /**
   * Lets somebody open the notebook, and with it do all that its account can. Workbench knows people and service
   * accounts, and no groups. Returns the grant, to wait for.
   */
  grantUse(identity: IIdentity): ITerraformDependable {
    const { member } = identity;
    if (this.owner !== undefined)
      throw new ConstructError(this, [
        {
          property: "identity",
          received: member,
          remedy: `make the notebook without an owner: ${this.owner} alone can open it`,
        },
      ]);
    if (!Token.isUnresolved(member) && !/^(?:user|serviceAccount):/.test(member))
      throw new ConstructError(this, [
        {
          property: "identity",
          received: member,
          remedy: "name each person, as user:ADDRESS: Workbench lets no groups in",
        },
      ]);
    return this.identity.grantActAs(identity);
  }

  /** Lets an identity start, stop, resize, upgrade and delete the notebook. */
  grantAdmin(identity: IIdentity): ITerraformDependable {
    return new WorkbenchInstanceIamMember(identity, `Admin ${this.node.path}`, {
      project: this.resource.project,
      location: this.resource.location,
      name: this.resource.name,
      role: "roles/notebooks.admin",
      member: identity.member,
    });
  }
}

/** The last whole minute before a time is over, in seconds. */
function lastMinuteBefore(seconds: number): number {
  return Math.ceil(seconds / 60 - 1) * 60;
}

/** `registry:port/path` and `tag` of `registry:port/path:tag`. */
function containerParts(image: string): { repository: string; tag?: string } {
  const [, repository, tag] = /^(.*?)(?::([^/:@]+))?$/.exec(image) ?? [];
  return tag === undefined ? { repository } : { repository, tag };
}

import { ComputeDisk } from "@cdktf/provider-google/lib/compute-disk";
import { ComputeInstance } from "@cdktf/provider-google/lib/compute-instance";
import { ComputeInstanceIamMember } from "@cdktf/provider-google/lib/compute-instance-iam-member";
import { IapTunnelInstanceIamMember } from "@cdktf/provider-google/lib/iap-tunnel-instance-iam-member";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { isHyperdiskOnly } from "../catalog/boot-disks";
import { type DeepLearningFramework, machineImageCatalog } from "../catalog/machine-images";
import { machineType as machineTypeOf } from "../catalog/machine-types";
import { ConstructError } from "../construct-error";
import { suppressPolicy } from "../policy/suppression";
import type { IIdentity } from "../security/identity";
import { ServiceAgent } from "../security/service-agent";
import { WorkloadIdentity } from "../security/workload-identity";
import { checkWorkload } from "../sizing/hardware-request";
import { warnOfWorkload } from "../sizing/hardware-warnings";
import { DRIVER_SIGNATURE_UNKNOWN } from "./driver-signature";
import { checkGpuVirtualMachine, localSsdsOf } from "./gpu-virtual-machine-checks";
import type { GpuVirtualMachineProps } from "./gpu-virtual-machine-props";
import { IdleGpuAlert } from "./idle-gpu-alert";
import { acceleratorsOf, attaches } from "./machine-checks";
import { AttachedSchedule } from "./machine-schedule";
import { OpsAgent } from "./ops-agent";

const IDLE_GPU_SECONDS = 3_600;

/**
 * A single machine with GPUs and Google's image for deep learning. It has no public address, encrypts its disks with a
 * key of one's own, runs as an account of its own, and reports its GPUs to Cloud Monitoring. Nobody can log in until
 * that is granted.
 */
export class GpuVirtualMachine extends Construct {
  readonly identity: WorkloadIdentity;
  readonly machineName: string;
  readonly zone: string;
  private readonly resource: ComputeInstance;

  constructor(scope: Construct, id: string, props: GpuVirtualMachineProps) {
    super(scope, id);
    const { name, zone, key, subnet, machineType, accelerator, acceleratorCount, image } = props;
    const { bootDiskGiB = 200, dataDiskGiB, localSsds = 0 } = props;
    const { diskType = isHyperdiskOnly(machineType) ? "hyperdisk-balanced" : "pd-balanced" } = props;
    const { spot = false, maxRunSeconds, schedule, secureBoot = false, deletionProtection = true } = props;
    const { alertTo = [], gpuIdleSeconds } = props;
    const gpus = acceleratorsOf({ machineType, accelerator, acceleratorCount });
    ConstructError.throwIfAny(this, [
      ...checkGpuVirtualMachine({
        name,
        zone,
        machineType,
        accelerator,
        acceleratorCount,
        framework: props.framework,
        image,
        spot,
        termination: props.termination,
        maxRunSeconds,
        schedule,
        bootDiskGiB,
        dataDiskGiB,
        diskType,
        localSsds,
        gpuIdleSeconds,
        deletionProtection,
        keyRegion: key.location,
        subnetRegion: subnet.region,
      }),
      ...checkWorkload("workload", props.workload),
    ]);
    warnOfWorkload(this, props.workload, { machineType, accelerators: gpus });

    this.identity = new WorkloadIdentity(this, "Identity", { name, description: `Runs the machine ${name}` });
    const opsAgent = new OpsAgent(this, "OpsAgent", { machineName: name, zone });
    const ends = spot || maxRunSeconds !== undefined;
    const ssds = localSsdsOf({ machineType, localSsds });
    const data = dataDiskGiB === undefined ? undefined : this.dataDisk(props, dataDiskGiB, diskType);

    this.resource = new ComputeInstance(this, "Resource", {
      name,
      zone,
      machineType,
      // What comes with a machine type is not stated: a larger one is then a restart, and not another machine.
      guestAccelerator:
        gpus !== undefined && attaches(machineType, accelerator)
          ? [{ type: gpus.accelerator, count: gpus.count }]
          : undefined,
      labels: { ...opsAgent.labels },
      bootDisk: {
        autoDelete: true,
        kmsKeySelfLink: key.keyIdFor(ServiceAgent.COMPUTE),
        initializeParams: { image: image ?? imageOf(props.framework), size: bootDiskGiB, type: diskType },
      },
      attachedDisk: data === undefined ? undefined : [{ source: data.id, deviceName: "data" }],
      // Those that come with the machine type too: the provider would else take them for a change.
      scratchDisk:
        ssds === 0
          ? undefined
          : Array.from({ length: ssds }, () => ({
              interface: "NVME",
              size: machineTypeOf(machineType)?.localSsds.sizeGiB,
            })),
      networkInterface: [{ subnetwork: subnet.selfLink, nicType: "GVNIC", stackType: "IPV4_ONLY" }],
      serviceAccount: { email: this.identity.email, scopes: ["cloud-platform"] },
      scheduling: {
        // Google moves no machine with GPUs while it runs.
        onHostMaintenance: "TERMINATE",
        automaticRestart: !spot,
        provisioningModel: spot ? "SPOT" : "STANDARD",
        preemptible: spot,
        instanceTerminationAction: ends ? (props.termination ?? "stop").toUpperCase() : undefined,
        maxRunDuration: maxRunSeconds === undefined ? undefined : { seconds: maxRunSeconds },
        // Without it Google stops no machine that has any.
        onInstanceStopAction:
          maxRunSeconds !== undefined && ssds > 0 && props.termination !== "delete"
            ? { discardLocalSsd: true }
            : undefined,
      },
      shieldedInstanceConfig: {
        enableSecureBoot: secureBoot,
        enableVtpm: true,
        enableIntegrityMonitoring: true,
      },
      metadata: {
        "enable-oslogin": "TRUE",
        "block-project-ssh-keys": "TRUE",
        "serial-port-enable": "FALSE",
        ...(image === undefined ? { "install-nvidia-driver": "True" } : {}),
        ...opsAgent.metadata,
        // Where Google's agent keeps what it finds installed.
        "enable-guest-attributes": "TRUE",
      },
      allowStoppingForUpdate: true,
      deletionProtection,
      timeouts: { create: "30m" },
      lifecycle: {
        preventDestroy: deletionProtection,
        // A schedule is attached afterwards.
        ignoreChanges: ["resource_policies"],
      },
      dependsOn: ["roles/logging.logWriter", "roles/monitoring.metricWriter"].map((role) =>
        this.identity.grantProjectRole(role),
      ),
    });
    this.machineName = name;
    this.zone = zone;

    if (schedule !== undefined)
      new AttachedSchedule(this, "Schedule", {
        name,
        region: subnet.region,
        zone,
        machine: this.resource,
        schedule,
      });
    if (alertTo.length > 0 || gpuIdleSeconds !== undefined)
      new IdleGpuAlert(this, "IdleGpu", {
        machineName: name,
        zone,
        idleSeconds: gpuIdleSeconds ?? IDLE_GPU_SECONDS,
        advice: "Stop the machine, or give it a schedule: its disks stay.",
        alertTo,
      });
    if (!secureBoot && image === undefined)
      suppressPolicy(this, { rule: "shielded-machine", reason: DRIVER_SIGNATURE_UNKNOWN });
  }

  /**
   * Lets somebody log in by SSH, through Identity-Aware Proxy, and with it do all that the machine's account can.
   * The network has to let SSH by way of that proxy in. Returns the grants, to wait for.
   */
  grantLogin(identity: IIdentity): readonly ITerraformDependable[] {
    return this.login(identity, "Login", "roles/compute.osLogin");
  }

  /** Lets somebody log in as `grantLogin` does, and become root. */
  grantAdminLogin(identity: IIdentity): readonly ITerraformDependable[] {
    return this.login(identity, "AdminLogin", "roles/compute.osAdminLogin");
  }

  private login(identity: IIdentity, what: string, role: string): readonly ITerraformDependable[] {
    const { project, name } = this.resource;
    const { zone } = this;
    const { member } = identity;
    const at = this.node.path;
    return [
      new IapTunnelInstanceIamMember(identity, `${what} tunnel ${at}`, {
        project,
        zone,
        instance: name,
        role: "roles/iap.tunnelResourceAccessor",
        member,
      }),
      new ComputeInstanceIamMember(identity, `${what} ${at}`, {
        project,
        zone,
        instanceName: name,
        role,
        member,
      }),
      // Who is on the machine can ask it for the account's tokens.
      this.identity.grantActAs(identity),
    ];
  }

  private dataDisk(
    { name, zone, key, deletionProtection = true }: GpuVirtualMachineProps,
    size: number,
    type: string,
  ): ComputeDisk {
    return new ComputeDisk(this, "Data", {
      name: `${name}-data`,
      zone,
      type,
      size,
      diskEncryptionKey: { kmsKeySelfLink: key.keyIdFor(ServiceAgent.COMPUTE) },
      lifecycle: { preventDestroy: deletionProtection },
    });
  }
}

/** The family and not its newest image: what is published later makes no other machine. */
function imageOf(framework: DeepLearningFramework = "pytorch"): string {
  const { project, families } = machineImageCatalog.deepLearning;
  return `projects/${project}/global/images/family/${families[framework]}`;
}

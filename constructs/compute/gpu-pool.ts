import { type Accelerator, checkAccelerator, gpuNames } from "../catalog/accelerators";
import { machineType } from "../catalog/machine-types";
import type { TpuAccelerator } from "../catalog/tpu-topologies";
import { gpuMachine } from "./gpu-machine";
import { gpuPoolRules } from "./gpu-pool-rules";
import type { NodeNetwork } from "./node-networks";
import type { NodePoolKind } from "./node-pool-kind";
import type { NodePoolProps } from "./node-pool-props";
import { poolRequest } from "./node-pool-request";
import { ARM_TAINT } from "./node-taints";
import type { GpuSharing, PoolRequest } from "./pool-request";

/** An accelerator that is a GPU. */
export type GpuAccelerator = Exclude<Accelerator, TpuAccelerator>;

/**
 * How a node comes by the driver of its GPUs: as GKE tests it, as new as GKE has it, or by what you install yourself, for
 * which `secureBoot` has to be off if it is not signed.
 */
export type GpuDriverVersion = "default" | "latest" | "disabled";

/** What can be asked of any pool of GPUs. */
export interface GpuPoolProps extends NodePoolProps {
  /** GPU of the nodes. */
  readonly accelerator: GpuAccelerator;

  /** GPUs of one node. */
  readonly perNode: number;

  /**
   * Machine of the nodes, where another than the smallest is wanted: one with more memory, or other processors.
   *
   * @default - the smallest with `perNode` of the accelerator that the zones offer
   */
  readonly machineType?: string;

  /**
   * Driver of the GPUs. A change replaces the pool.
   *
   * @default "default"
   */
  readonly driverVersion?: GpuDriverVersion;

  /**
   * Partition that each GPU is cut into, as `1g.10gb`: a GPU of its own, with memory and processors that no other uses.
   *
   * @default - GPUs stay whole
   */
  readonly migProfile?: string;

  /**
   * How several containers share one GPU, or one partition of it.
   *
   * @default - a container has a GPU to itself
   */
  readonly sharing?: GpuSharing;

  /**
   * Whether nodes have Google's own network interface, which the bandwidth of large machines takes.
   *
   * @default true
   */
  readonly gvnic?: boolean;

  /**
   * Whether NCCL spreads what GPUs of several machines tell each other over several connections. For machines without
   * `additionalNetworks`.
   *
   * @default false
   */
  readonly fastSocket?: boolean;

  /**
   * Further networks, for what GPUs of several machines tell each other (GPUDirect): one for each interface that the
   * machine has for it. Their packets should be as large as Google lets them be, an `mtu` of 8896.
   *
   * @default - none
   */
  readonly additionalNetworks?: readonly NodeNetwork[];

  /**
   * Whether nodes lie as close together as one zone allows.
   *
   * @default - whether `placementPolicy` is stated
   */
  readonly compactPlacement?: boolean;

  /**
   * Name of the resource policy by which they do, where GKE's own does not say it: machines whose GPUs are wired to each
   * other, as A4X, take one that names the shape of their domain. In the cluster's project and region.
   *
   * @default - one that GKE makes
   */
  readonly placementPolicy?: string;

  /**
   * Seconds after which a node goes, whatever runs on it.
   *
   * @default - nodes stay; with flex-start Google's own seven days
   */
  readonly maxRunSeconds?: number;
}

/** Ways to come by GPUs that not every pool of them has. */
type Provisioning = Partial<Pick<PoolRequest, "flexStart" | "queuedProvisioning" | "reservation">>;

const driverVersions: Readonly<Record<GpuDriverVersion, string>> = {
  default: "DEFAULT",
  latest: "LATEST",
  disabled: "INSTALLATION_DISABLED",
};

const sharingStrategies: Readonly<Record<GpuSharing["strategy"], string>> = {
  "time-sharing": "TIME_SHARING",
  mps: "MPS",
};

/** What a pool of GPUs is beside what any pool is. */
export function gpuPool(id: string, props: GpuPoolProps & Provisioning): NodePoolKind {
  const { accelerator, perNode, driverVersion = "default", migProfile, sharing } = props;
  const {
    zones = props.cluster.zones,
    additionalNetworks = [],
    fastSocket = false,
    queuedProvisioning = false,
  } = props;
  const request = poolRequest(id, props, {
    kind: "gpu",
    // Empty where the catalog has none, of which there is a finding then.
    machineType: props.machineType ?? gpuMachine(accelerator, perNode, zones) ?? "",
    accelerator,
    perNode,
    driverVersion,
    migProfile,
    sharing,
    flexStart: props.flexStart ?? queuedProvisioning,
    queuedProvisioning,
    reservation: props.reservation,
    compactPlacement: props.compactPlacement ?? props.placementPolicy !== undefined,
    placementPolicy: props.placementPolicy,
    maxRunSeconds: props.maxRunSeconds,
    gvnic: props.gvnic ?? true,
    fastSocket,
    additionalNetworks: additionalNetworks.map(({ network }) => network.networkName),
  });
  const arm = machineType(request.machineType)?.architecture === "arm";
  return {
    request,
    rules: gpuPoolRules,
    findings: checkAccelerator("accelerator", accelerator, gpuNames),
    acceleratorResource: "nvidia.com/gpu",
    nodeSelector: { ...gpuLabels(props), ...(arm && { "kubernetes.io/arch": "arm64" }) },
    googleTaints: arm ? [ARM_TAINT] : [],
    networks: additionalNetworks,
    nodeConfig: {
      guestAccelerator: [
        {
          type: accelerator,
          count: perNode,
          // Stated always: GKE answers with one where none is, and Terraform would replace the pool to take it away.
          gpuDriverInstallationConfig: { gpuDriverVersion: driverVersions[driverVersion] },
          gpuPartitionSize: migProfile,
          gpuSharingConfig: sharing && {
            gpuSharingStrategy: sharingStrategies[sharing.strategy],
            maxSharedClientsPerGpu: sharing.clientsMax,
          },
        },
      ],
      fastSocket: fastSocket ? { enabled: true } : undefined,
    },
  };
}

/** Labels that GKE puts on nodes with GPUs. */
function gpuLabels({ accelerator, migProfile, sharing }: GpuPoolProps): Record<string, string> {
  return {
    "cloud.google.com/gke-accelerator": accelerator,
    ...(migProfile && { "cloud.google.com/gke-gpu-partition-size": migProfile }),
    ...(sharing && {
      "cloud.google.com/gke-gpu-sharing-strategy": sharing.strategy,
      "cloud.google.com/gke-max-shared-clients-per-gpu": String(sharing.clientsMax),
    }),
  };
}

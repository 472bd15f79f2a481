import type { Accelerator } from "../catalog/accelerators";
import type { DeepLearningFramework } from "../catalog/machine-images";
import type { MachineDiskType } from "../catalog/machine-limits";
import type { ISubnet } from "../network/subnet";
import type { IAlertChannel } from "../observability/alert-channel";
import type { IEncryptionKey } from "../security/encryption-key";
import type { HardwareRequest } from "../sizing/hardware-request";
import type { MachineTermination } from "./gpu-virtual-machine-checks";
import type { MachineSchedule } from "./machine-schedule";

export interface GpuVirtualMachineProps {
  /** Name of the machine and of the service account that it runs as. */
  readonly name: string;

  /** Zone in the region of key and subnet. */
  readonly zone: string;

  /** Key of its disks. */
  readonly key: IEncryptionKey;

  /** Subnet of its one interface. The machine has no public address. */
  readonly subnet: ISubnet;

  /** Machine type: one with GPUs, as `g2-standard-8`, or one that GPUs are added to, as `n1-standard-8`. */
  readonly machineType: string;

  /**
   * GPU to add, where none comes with the machine type.
   *
   * @default - what comes with the machine type
   */
  readonly accelerator?: Accelerator;

  /**
   * Number of GPUs.
   *
   * @default - what comes with the machine type; 1 of one that is added
   */
  readonly acceleratorCount?: number;

  /**
   * What is installed beside CUDA and the driver: `"base"` for nothing, or `"pytorch"`.
   *
   * @default "pytorch", where no image is stated
   */
  readonly framework?: DeepLearningFramework;

  /**
   * Image of one's own, as `projects/P/global/images/NAME` or `projects/P/global/images/family/FAMILY`.
   *
   * @default - Google's newest Deep Learning VM image of the framework, at the time the machine is made
   */
  readonly image?: string;

  /**
   * Whether it runs at the price of Spot, and can be taken back at any time. Settled when it is made.
   *
   * @default false
   */
  readonly spot?: boolean;

  /**
   * What happens to it when Google takes it back, or when `maxRunSeconds` are over: it is stopped, and keeps its
   * disks, or deleted.
   *
   * @default "stop", with spot or maxRunSeconds
   */
  readonly termination?: MachineTermination;

  /**
   * How long it runs at most, each time that it is started: 30 to 10 368 000. Settled when it is made.
   *
   * @default - until somebody stops it
   */
  readonly maxRunSeconds?: number;

  /**
   * When it is started and stopped.
   *
   * @default - never by itself
   */
  readonly schedule?: MachineSchedule;

  /** @default 200 */
  readonly bootDiskGiB?: number;

  /**
   * Disk that outlives the machine, at `/dev/disk/by-id/google-data`. It is neither formatted nor mounted.
   *
   * @default - none
   */
  readonly dataDiskGiB?: number;

  /**
   * Type of its disks.
   *
   * @default - "hyperdisk-balanced" where the machine has no other, "pd-balanced" elsewhere
   */
  readonly diskType?: MachineDiskType | "hyperdisk-balanced";

  /**
   * Local SSDs to add. What they hold is lost when the machine stops, and Google encrypts them with keys of its own.
   *
   * @default - those that come with the machine type
   */
  readonly localSsds?: number;

  /**
   * Whether nothing starts that is not signed. Takes an image whose driver is: Google does not say so of its own.
   *
   * @default false
   */
  readonly secureBoot?: boolean;

  /**
   * Time that a GPU is hardly used, while the machine runs, before `alertTo` hears of it: in whole minutes.
   *
   * @default - 3600, where there is `alertTo`
   */
  readonly gpuIdleSeconds?: number;

  /**
   * Who hears of an idle GPU.
   *
   * @default - nobody: no alert, or with gpuIdleSeconds an incident that shows in the console alone
   */
  readonly alertTo?: readonly IAlertChannel[];

  /**
   * Whether Terraform, and Google itself, refuse to destroy the machine, and Terraform its disks.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;

  /**
   * What runs on it. Where the rules that `recommendHardware` goes by speak against the hardware, synth warns.
   *
   * @default - nothing is judged
   */
  readonly workload?: HardwareRequest;
}

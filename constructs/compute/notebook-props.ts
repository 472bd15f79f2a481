import type { Accelerator } from "../catalog/accelerators";
import type { MachineDiskType } from "../catalog/machine-limits";
import type { INetwork } from "../network/private-network";
import type { ISubnet } from "../network/subnet";
import type { IAlertChannel } from "../observability/alert-channel";
import type { IEncryptionKey } from "../security/encryption-key";
import type { HardwareRequest } from "../sizing/hardware-request";

export interface NotebookProps {
  /** Name of the notebook and of the service account that it runs as. */
  readonly name: string;

  /** Zone in the region of key and subnet. */
  readonly zone: string;

  /** Key of both disks. */
  readonly key: IEncryptionKey;

  readonly network: INetwork;

  /** Subnet of that network. It needs a way to Google's APIs; the notebook has no public address. */
  readonly subnet: ISubnet;

  /**
   * The only person who can open it, by address. Settled when the notebook is made.
   *
   * @default - whoever is granted use
   */
  readonly owner?: string;

  /**
   * Machine type: one with GPUs, as `g2-standard-8`, or one that GPUs are added to.
   *
   * @default "e2-standard-4"
   */
  readonly machineType?: string;

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
   * Time without anything running in a kernel after which the notebook shuts down: 600 to 86 400. Disks stay.
   *
   * @default 10800
   */
  readonly idleShutdownSeconds?: number;

  /**
   * Time that a GPU is hardly used, while the notebook runs, before `alertTo` hears of it: in whole minutes, and
   * less than until it shuts down. It counts even where a kernel keeps the notebook awake.
   *
   * @default - 3600, or the last minute before the notebook shuts down, where there is a GPU and `alertTo`
   */
  readonly gpuIdleSeconds?: number;

  /**
   * Who hears of an idle GPU.
   *
   * @default - nobody: no alert, or with gpuIdleSeconds an incident that shows in the console alone
   */
  readonly alertTo?: readonly IAlertChannel[];

  /**
   * Image of the machine, as `projects/P/global/images/NAME` or `projects/P/global/images/family/FAMILY`.
   *
   * @default - Google's newest for Workbench, at the time the notebook is made
   */
  readonly image?: string;

  /**
   * Container that the notebook runs in, as `registry/path:tag`.
   *
   * @default - none
   */
  readonly containerImage?: string;

  /** @default 150 */
  readonly bootDiskGiB?: number;

  /**
   * Disk of the notebooks and data, at `/home/jupyter`.
   *
   * @default 100
   */
  readonly dataDiskGiB?: number;

  /** @default "pd-balanced" */
  readonly diskType?: MachineDiskType;

  /**
   * Whether nothing starts that is not signed.
   *
   * @default - true without a GPU; false with one, whose driver may not be signed in Google's images
   */
  readonly secureBoot?: boolean;

  /**
   * Whether its user can become root.
   *
   * @default false
   */
  readonly rootAccess?: boolean;

  /**
   * Whether it has terminals.
   *
   * @default true
   */
  readonly terminal?: boolean;

  /**
   * Whether files can be downloaded and notebooks exported through the browser.
   *
   * @default false
   */
  readonly downloads?: boolean;

  /**
   * When it is upgraded to Google's newest image, in unix-cron form and UTC, once a week or a month.
   *
   * @default - never by itself
   */
  readonly upgradeSchedule?: string;

  /**
   * Whether Terraform refuses to destroy the notebook, and with it its disks.
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

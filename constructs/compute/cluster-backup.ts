import { GkeBackupBackupPlan } from "@cdktf/provider-google/lib/gke-backup-backup-plan";
import { Construct } from "constructs";
import { checkDays } from "../catalog/days";
import { gkeCatalog } from "../catalog/gke";
import { ConstructError, type Finding } from "../construct-error";
import { waitable } from "../kubernetes/same-stack";
import { ServiceAgent } from "../security/service-agent";
import type { ICluster } from "./cluster";

/** When a cluster is backed up, and for how long that is kept. */
export interface BackupSchedule {
  /**
   * Days for which a backup is kept: 1 to 365.
   *
   * @default 30
   */
  readonly retainDays?: number;

  /**
   * Hour of the day at which it is made, in UTC: 0 to 23.
   *
   * @default 3
   */
  readonly hour?: number;
}

export interface ClusterBackupProps extends BackupSchedule {
  readonly cluster: ICluster;

  /**
   * Whether Terraform refuses to destroy the plan.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

/** A backup a day of every namespace of a cluster: its objects, secrets and volumes. */
export class ClusterBackup extends Construct {
  constructor(scope: Construct, id: string, props: ClusterBackupProps) {
    super(scope, id);
    const { cluster, retainDays = 30, hour = 3, deletionProtection = true } = props;
    ConstructError.throwIfAny(this, checkBackupSchedule({ retainDays, hour }));

    new GkeBackupBackupPlan(this, "Resource", {
      name: cluster.clusterName,
      location: cluster.region,
      cluster: cluster.clusterId,
      retentionPolicy: { backupRetainDays: retainDays },
      backupSchedule: { cronSchedule: `0 ${hour} * * *` },
      backupConfig: {
        allNamespaces: true,
        includeSecrets: true,
        includeVolumeData: true,
        // GKE's own agent writes the configuration, and has the key for etcd already; this one reads and restores.
        encryptionKey: { gcpKmsEncryptionKey: cluster.key.keyIdFor(ServiceAgent.GKE_BACKUP) },
      },
      // What makes the backups runs in the cluster.
      dependsOn: waitable(this, cluster.ready),
      lifecycle: { preventDestroy: deletionProtection },
    });
  }
}

/** Findings on a time at which no backup is made, or for which none is kept. */
export function checkBackupSchedule({ retainDays, hour }: BackupSchedule): Finding[] {
  return [
    ...(retainDays === undefined ? [] : checkDays("retainDays", retainDays, gkeCatalog.backupRetainDays)),
    ...(hour === undefined || (Number.isInteger(hour) && hour >= 0 && hour <= 23)
      ? []
      : [{ property: "hour", received: hour, remedy: "use 0 to 23" }]),
  ];
}

import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { TerraformStack, Testing } from "cdktf";
import { ClusterBackup } from "../../../constructs";
import { acceleratorCluster } from "../../support/clusters";
import { findings, onlyResource, type Terraform, terraformOf } from "../../support/terraform";

describe("a backup of a cluster", () => {
  test("waits for the nodes that make it where they are of the same stack", () => {
    const terraform = terraformOf((stack) => {
      const cluster = acceleratorCluster(stack, { backup: false });
      new ClusterBackup(stack, "Backup", { cluster, hour: 0, retainDays: 1, deletionProtection: false });
    });
    expect(onlyResource(terraform, "google_gke_backup_backup_plan")).toMatchObject({
      backup_schedule: { cron_schedule: "0 0 * * *" },
      retention_policy: { backup_retain_days: 1 },
      depends_on: [expect.stringContaining("google_container_node_pool.Cluster_SystemPool_")],
      lifecycle: { prevent_destroy: false },
    });
  });

  test("names nothing of another stack, which is applied before", () => {
    const app = Testing.app();
    const [platform, backups] = ["platform", "backups"].map((id) => {
      const stack = new TerraformStack(app, id);
      new GoogleProvider(stack, "google", { project: "some-project" });
      return stack;
    });
    new ClusterBackup(backups, "Backup", { cluster: acceleratorCluster(platform, { backup: false }) });
    const terraform = JSON.parse(Testing.synth(backups)) as Terraform;
    expect(onlyResource(terraform, "google_gke_backup_backup_plan").depends_on).toEqual([]);
  });

  test("refuses hours and days that there are not", () => {
    const received = findings((stack) => {
      const cluster = acceleratorCluster(stack, { backup: false });
      new ClusterBackup(stack, "Backup", { cluster, hour: 2.5, retainDays: 0 });
    });
    expect(received).toEqual([
      { property: "retainDays", received: 0, remedy: "use 1 to 365 whole days" },
      { property: "hour", received: 2.5, remedy: "use 0 to 23" },
    ]);
  });
});

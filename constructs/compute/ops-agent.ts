import { OsConfigOsPolicyAssignment } from "@cdktf/provider-google/lib/os-config-os-policy-assignment";
import { Construct } from "constructs";
import { machineImageCatalog } from "../catalog/machine-images";

export interface OpsAgentProps {
  /** The machine, by its name in Compute Engine. */
  readonly machineName: string;

  readonly zone: string;
}

const APT = "https://packages.cloud.google.com/apt";

const COLLECTOR = "google-cloud-ops-agent-opentelemetry-collector";

/**
 * Whether the agent has found the GPUs that there are: it looks for them when it starts, and never again, and may have
 * been there before the driver. https://cloud.google.com/compute/docs/osconfig/rest/v1/projects.locations.osPolicyAssignments
 * has the meaning of 100 and 101.
 */
const seesGpus = [
  "nvidia-smi -L > /dev/null 2>&1 || exit 100",
  `pid=$(systemctl show --property MainPID --value ${COLLECTOR})`,
  'ls -l "/proc/$pid/fd" | grep -q /dev/nvidia && exit 100',
  "exit 101",
].join("\n");

const restart = "systemctl restart google-cloud-ops-agent && exit 100\nexit 1";

/**
 * Installs the Ops Agent on one machine, and again should somebody remove it. By itself the agent reports
 * processor, memory, disks, logs and, where there is NVIDIA's driver, each GPU.
 *
 * A startup script would not do: Workbench runs none on the first boot. The machine carries `labels` and
 * `metadata`, and its account may write metrics and logs.
 */
export class OpsAgent extends Construct {
  /** What the machine is found by. */
  readonly labels: Readonly<Record<string, string>>;

  /**
   * What lets Google's agent on the machine ask for policies. It takes guest attributes too, which Workbench turns on
   * itself, and lets nobody else state.
   */
  readonly metadata: Readonly<Record<string, string>> = { "enable-osconfig": "TRUE" };

  constructor(scope: Construct, id: string, props: OpsAgentProps) {
    super(scope, id);
    const { machineName, zone } = props;
    this.labels = { "ops-agent": machineName };
    new OsConfigOsPolicyAssignment(this, "Resource", {
      name: `${machineName}-ops-agent`,
      location: zone,
      description: `Keeps the Ops Agent on ${machineName}`,
      instanceFilter: { inclusionLabels: [{ labels: { ...this.labels } }] },
      osPolicies: [
        {
          id: "ops-agent",
          mode: "ENFORCEMENT",
          // A machine of another distribution is left alone.
          allowNoResourceGroupMatch: true,
          resourceGroups: machineImageCatalog.opsAgentDistributions.map(
            ({ osShortName, osVersion, distribution }) => ({
              inventoryFilters: [{ osShortName, osVersion: `${osVersion}*` }],
              resources: [
                {
                  id: "repository",
                  repository: {
                    apt: {
                      archiveType: "DEB",
                      uri: APT,
                      distribution,
                      components: ["main"],
                      gpgKey: `${APT}/doc/apt-key.gpg`,
                    },
                  },
                },
                {
                  id: "package",
                  pkg: { desiredState: "INSTALLED", apt: { name: "google-cloud-ops-agent" } },
                },
                {
                  id: "gpu-metrics",
                  exec: {
                    validate: { interpreter: "SHELL", script: seesGpus },
                    enforce: { interpreter: "SHELL", script: restart },
                  },
                },
              ],
            }),
          ),
        },
      ],
      rollout: { disruptionBudget: { percent: 100 }, minWaitDuration: "0s" },
      // A machine that is stopped, as most are at night, would otherwise hold up every apply.
      skipAwaitRollout: true,
    });
  }
}

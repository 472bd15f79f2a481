import type { TerraformStack } from "cdktf";
import { CpuServingPool, type CpuServingPoolProps } from "../../../constructs";
import { machineTypes, zonesOfMachine } from "../../../constructs/catalog/machine-types";
import { machinePrice } from "../../../constructs/catalog/prices";
import { zonesOf } from "../../../constructs/catalog/regions";
import { cpuMachineFor } from "../../../constructs/compute/cpu-machine";
import { type ClusterChoices, someCluster } from "../../support/cluster";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

type Stated = Partial<Omit<CpuServingPoolProps, "cluster">>;

const zones = ["europe-west4-a", "europe-west4-b"];

function pool(stack: TerraformStack, stated: Stated = {}): CpuServingPool {
  const cluster: ClusterChoices = { zones };
  return new CpuServingPool(stack, "Inference", {
    cluster: someCluster(stack, cluster),
    autoscaling: { min: 2, max: 8 },
    ...stated,
  });
}

function resourceOf(stated?: Stated) {
  return onlyResource(
    terraformOf((stack) => pool(stack, stated)),
    "google_container_node_pool",
  );
}

function told<Value>(ask: (of: CpuServingPool) => Value, stated?: Stated): Value {
  let value: Value | undefined;
  terraformOf((stack) => {
    value = ask(pool(stack, stated));
  });
  return value as Value;
}

describe("a pool for inference on processors", () => {
  test("gives whole processors to those who ask for them, and keeps everyone to their limits", () => {
    const resource = resourceOf();
    expect(resource).toMatchObject({
      name: "inference",
      node_locations: zones,
      node_config: {
        kubelet_config: {
          cpu_manager_policy: "static",
          cpu_cfs_quota: true,
          insecure_kubelet_readonly_port_enabled: "FALSE",
        },
        spot: false,
      },
      autoscaling: { total_min_node_count: 2, total_max_node_count: 8, location_policy: "BALANCED" },
      upgrade_settings: { strategy: "SURGE", max_surge: 1, max_unavailable: 0 },
    });
    for (const absent of ["advanced_machine_features", "linux_node_config", "min_cpu_platform"])
      expect(resource.node_config).not.toHaveProperty(absent);
  });

  test("is told apart by its name and its architecture, and takes no accelerator", () => {
    expect(
      told(({ nodeSelector, tolerations, architecture, accelerator }) => ({
        nodeSelector,
        tolerations,
        architecture,
        accelerator,
      })),
    ).toEqual({
      nodeSelector: { "cloud.google.com/gke-nodepool": "inference", "kubernetes.io/arch": "amd64" },
      tolerations: [],
      architecture: "x86",
      accelerator: undefined,
    });
  });

  test("tells that its images are Arm's, and tolerates the taint that GKE puts there", () => {
    expect(
      told(({ nodeSelector, tolerations, architecture }) => ({ nodeSelector, tolerations, architecture }), {
        machineType: "c4a-standard-8",
        zones: ["europe-west4-a"],
      }),
    ).toEqual({
      nodeSelector: { "cloud.google.com/gke-nodepool": "inference", "kubernetes.io/arch": "arm64" },
      tolerations: [{ key: "kubernetes.io/arch", operator: "Equal", value: "arm64", effect: "NoSchedule" }],
      architecture: "arm",
    });
  });

  test("takes the machine that is named, and the oldest processor that is let be", () => {
    expect(
      resourceOf({ machineType: "n1-standard-8", instructionSet: "avx512", minCpuPlatform: "Intel Skylake" })
        .node_config,
    ).toMatchObject({ machine_type: "n1-standard-8", min_cpu_platform: "Intel Skylake" });
  });

  test("runs one thread per core, shares processors, throttles nobody and sets pages aside, where that is asked", () => {
    expect(
      resourceOf({
        machineType: "c3-standard-8",
        threadsPerCore: 1,
        exclusiveCpus: false,
        cpuLimits: false,
        hugePagesMiB: 2_048,
      }).node_config,
    ).toMatchObject({
      advanced_machine_features: { threads_per_core: 1 },
      kubelet_config: { cpu_cfs_quota: false, insecure_kubelet_readonly_port_enabled: "FALSE" },
      linux_node_config: { hugepages_config: { hugepage_size_2m: 1_024 } },
    });
    expect(resourceOf({ exclusiveCpus: false }).node_config).not.toHaveProperty(
      "kubelet_config.cpu_manager_policy",
    );
  });

  test("is Spot where that is asked", () => {
    expect(resourceOf({ spot: true })).toMatchObject({
      node_config: {
        spot: true,
        taint: [{ key: "cloud.google.com/gke-spot", value: "true", effect: "NO_SCHEDULE" }],
      },
      autoscaling: { location_policy: "ANY" },
    });
  });
});

describe("the machine of a pool for inference", () => {
  const request = { vcpus: 8, zones, region: "europe-west4" };

  test.each(["avx2", "avx512", "avx512-vnni", "amx"] as const)(
    "has %s on every processor, and enough of all else",
    (instructionSet) => {
      const name = (
        resourceOf({ instructionSet, vcpus: 8, memoryGiB: 20 }).node_config as { machine_type: string }
      ).machine_type;
      const machine = machineTypes().find((one) => one.name === name);
      expect(machine?.instructionSets).toContain(instructionSet);
      expect(machine?.vcpus).toBeGreaterThanOrEqual(8);
      expect(machine?.memoryGiB).toBeGreaterThanOrEqual(20);
      expect(machine?.attached).toBeUndefined();
      expect(machine && zonesOfMachine(machine)).toEqual(expect.arrayContaining(zones));
    },
  );

  test("is the cheapest of those whose price is known", () => {
    const found = cpuMachineFor({ ...request, region: "us-central1", zones: ["us-central1-a"] }).choice;
    const paid = machineTypes()
      .filter(
        ({ attached, vcpus, architecture }) => attached === undefined && vcpus >= 8 && architecture === "x86",
      )
      .filter((machine) => zonesOfMachine(machine).includes("us-central1-a"))
      .map(({ name }) => machinePrice(name, "us-central1")?.onDemandUsdPerHour ?? Number.POSITIVE_INFINITY);
    expect(found?.price?.onDemandUsd).toBe(Math.min(...paid));
  });

  test("is not Arm's unless the instructions are", () => {
    expect(cpuMachineFor(request).choice?.machine.architecture).toBe("x86");
    const { choice } = cpuMachineFor({ ...request, instructionSet: "sve2" });
    expect(choice === undefined || choice.machine.architecture === "arm").toBe(true);
  });

  test("is one that each zone offers, though another that one of them lacks costs less", () => {
    const asked = { vcpus: 8, memoryGiB: 64, instructionSet: "avx512", region: "us-central1" } as const;
    const [first, ...others] = zonesOf("us-central1");
    const cheaper = cpuMachineFor({ ...asked, zones: [first] }).choice;
    const everywhere = cpuMachineFor({ ...asked, zones: [first, ...others] }).choice;
    expect(others.every((zone) => cheaper?.zones.includes(zone))).toBe(false);
    expect(others.every((zone) => everywhere?.zones.includes(zone))).toBe(true);
    expect(everywhere?.price?.onDemandUsd).toBeGreaterThan(cheaper?.price?.onDemandUsd ?? 0);
  });
});

describe("what is refused of a pool for inference", () => {
  test("is told all at once", () => {
    expect(
      findings((stack) =>
        pool(stack, {
          name: "Inference 1",
          machineType: "e2-standard-4",
          vcpus: 4,
          instructionSet: "amx",
          minCpuPlatform: "Intel Skylake",
          hugePagesMiB: 3,
        }),
      ).map(({ property }) => property),
    ).toEqual(["name", "machineType", "minCpuPlatform", "instructionSet", "hugePagesMiB"]);
  });

  test("what no machine has, by what would have to be less", () => {
    expect(findings((stack) => pool(stack, { vcpus: 5_000, instructionSet: "amx" }))).toEqual([
      {
        property: "vcpus",
        received: 5_000,
        remedy: expect.stringMatching(/^no machine has it together with the rest; at most \d+, with c/),
      },
    ]);
  });

  test("a machine that is named and described", () => {
    expect(findings((stack) => pool(stack, { machineType: "c3-standard-8", memoryGiB: 32 }))).toEqual([
      {
        property: "machineType",
        received: "c3-standard-8",
        remedy: "state either the type of the machine, or vcpus and memoryGiB that it has at least",
      },
    ]);
  });

  test("chooses between the processors of C4", () => {
    const stated = { machineType: "c4-standard-8", minCpuPlatform: "Intel Granite Rapids" };
    expect(resourceOf(stated)).toMatchObject({ node_config: { min_cpu_platform: "Intel Granite Rapids" } });
  });
});

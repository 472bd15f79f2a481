import { type TerraformStack, Token } from "cdktf";
import {
  Accelerator,
  AlertChannel,
  EncryptionKey,
  GpuVirtualMachine,
  type GpuVirtualMachineProps,
  Policies,
  type PolicyFinding,
  Principal,
  PrivateNetwork,
} from "../../../constructs";
import {
  checkGpuVirtualMachine,
  type GpuVirtualMachineRequest,
  gpuVirtualMachineRules,
} from "../../../constructs/compute/gpu-virtual-machine-checks";
import { machineRules } from "../../../constructs/compute/machine-checks";
import { schemaFaults } from "../../support/binding-schema";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";
import {
  brokenReferences,
  keylessResources,
  unknownTypes,
  unwatchedResources,
} from "../../support/whole-output";

function machine(stack: TerraformStack, props: Partial<GpuVirtualMachineProps> = {}): GpuVirtualMachine {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  const network = PrivateNetwork.fromName(stack, "Network", {
    name: "research",
    subnets: { machines: { name: "machines", region: "europe-west4" } },
  });
  return new GpuVirtualMachine(stack, "Machine", {
    name: "gpu-lab",
    zone: "europe-west4-a",
    key,
    subnet: network.subnet("machines"),
    machineType: "g2-standard-8",
    ...props,
  });
}

function instance(props: Partial<GpuVirtualMachineProps> = {}) {
  return onlyResource(
    terraformOf((stack) => machine(stack, props)),
    "google_compute_instance",
  );
}

const KEY = expect.stringMatching(
  /^\$\{google_kms_crypto_key_iam_member\.Key_ComputeAgent_\w+\.crypto_key_id\}$/,
);

describe("a machine with GPUs", () => {
  test("has Google's image, one private interface, an encrypted disk, and lets nobody in by keys of a project", () => {
    const built = instance();
    expect(built).toMatchObject({
      name: "gpu-lab",
      zone: "europe-west4-a",
      machine_type: "g2-standard-8",
      boot_disk: {
        auto_delete: true,
        kms_key_self_link: KEY,
        initialize_params: {
          image:
            "projects/deeplearning-platform-release/global/images/family/pytorch-2-9-cu129-ubuntu-2404-nvidia-580",
          size: 200,
          type: "pd-balanced",
        },
      },
      network_interface: [
        {
          subnetwork: expect.stringMatching(/^\$\{data\.google_compute_subnetwork\..*\.self_link\}$/),
          nic_type: "GVNIC",
          stack_type: "IPV4_ONLY",
        },
      ],
      service_account: {
        email: expect.stringMatching(/^\$\{google_service_account\.Machine_Identity_\w+\.email\}$/),
        scopes: ["cloud-platform"],
      },
      scheduling: {
        on_host_maintenance: "TERMINATE",
        automatic_restart: true,
        provisioning_model: "STANDARD",
        preemptible: false,
      },
      shielded_instance_config: {
        enable_secure_boot: false,
        enable_vtpm: true,
        enable_integrity_monitoring: true,
      },
      metadata: {
        "enable-oslogin": "TRUE",
        "block-project-ssh-keys": "TRUE",
        "serial-port-enable": "FALSE",
        "install-nvidia-driver": "True",
        "enable-osconfig": "TRUE",
        "enable-guest-attributes": "TRUE",
      },
      allow_stopping_for_update: true,
      deletion_protection: true,
      lifecycle: { prevent_destroy: true, ignore_changes: ["resource_policies"] },
    });
    for (const argument of ["tags", "attached_disk", "scratch_disk", "guest_accelerator"])
      expect(built).not.toHaveProperty(argument);
    expect(built.network_interface).toEqual([
      expect.not.objectContaining({ access_config: expect.anything() }),
    ]);
  });

  test("keeps the Ops Agent, which reports GPUs, and an account that may write what it reports", () => {
    const terraform = terraformOf((stack) => machine(stack));
    expect(onlyResource(terraform, "google_compute_instance").labels).toEqual({ "ops-agent": "gpu-lab" });
    expect(onlyResource(terraform, "google_os_config_os_policy_assignment")).toMatchObject({
      name: "gpu-lab-ops-agent",
      location: "europe-west4-a",
      instance_filter: { inclusion_labels: [{ labels: { "ops-agent": "gpu-lab" } }] },
      os_policies: [
        {
          mode: "ENFORCEMENT",
          resource_groups: expect.arrayContaining([
            {
              inventory_filters: [{ os_short_name: "ubuntu", os_version: "24.04*" }],
              resources: [
                {
                  id: "repository",
                  repository: {
                    apt: {
                      archive_type: "DEB",
                      uri: "https://packages.cloud.google.com/apt",
                      distribution: "google-cloud-ops-agent-noble-all",
                      components: ["main"],
                      gpg_key: "https://packages.cloud.google.com/apt/doc/apt-key.gpg",
                    },
                  },
                },
                {
                  id: "package",
                  pkg: { desired_state: "INSTALLED", apt: { name: "google-cloud-ops-agent" } },
                },
                {
                  id: "gpu-metrics",
                  exec: {
                    validate: { interpreter: "SHELL", script: expect.stringMatching(/^nvidia-smi -L/) },
                    enforce: {
                      interpreter: "SHELL",
                      script: expect.stringContaining("systemctl restart google-cloud-ops-agent"),
                    },
                  },
                },
              ],
            },
          ]),
        },
      ],
    });
    expect(resources(terraform, "google_project_iam_member").map(({ role }) => role)).toEqual([
      "roles/logging.logWriter",
      "roles/monitoring.metricWriter",
    ]);
  });

  test("takes the GPUs that are added, where none come with the machine type", () => {
    expect(
      instance({ machineType: "n1-standard-8", accelerator: Accelerator.NVIDIA_T4, acceleratorCount: 2 }),
    ).toMatchObject({ guest_accelerator: [{ type: "nvidia-tesla-t4", count: 2 }] });
    expect(instance({ accelerator: Accelerator.NVIDIA_L4 })).not.toHaveProperty("guest_accelerator");
  });

  test("is Spot where that is asked for, and stops rather than going", () => {
    expect(instance({ spot: true }).scheduling).toEqual({
      on_host_maintenance: "TERMINATE",
      automatic_restart: false,
      provisioning_model: "SPOT",
      preemptible: true,
      instance_termination_action: "STOP",
    });
    expect(
      instance({ spot: true, termination: "delete", deletionProtection: false }).scheduling,
    ).toMatchObject({ instance_termination_action: "DELETE" });
  });

  test("runs no longer than it is told to", () => {
    expect(instance({ maxRunSeconds: 3_600 }).scheduling).toEqual({
      on_host_maintenance: "TERMINATE",
      automatic_restart: true,
      provisioning_model: "STANDARD",
      preemptible: false,
      instance_termination_action: "STOP",
      max_run_duration: { seconds: 3_600 },
    });
    expect(instance({ maxRunSeconds: 3_600, localSsds: 1 }).scheduling).toMatchObject({
      on_instance_stop_action: { discard_local_ssd: true },
    });
  });

  test.each([
    [{ localSsds: 1 }, 1],
    [{ machineType: "a2-ultragpu-2g" }, 2],
  ])("states its local SSDs, those that come with it too: %p", (props, count) => {
    expect(instance(props).scratch_disk).toEqual(
      Array.from({ length: count }, () => ({ interface: "NVME", size: 375 })),
    );
  });

  test("has a data disk of its own where that is asked for, which outlives the machine", () => {
    const terraform = terraformOf((stack) => machine(stack, { dataDiskGiB: 1_000, diskType: "pd-ssd" }));
    expect(onlyResource(terraform, "google_compute_disk")).toMatchObject({
      name: "gpu-lab-data",
      zone: "europe-west4-a",
      size: 1_000,
      type: "pd-ssd",
      disk_encryption_key: { kms_key_self_link: KEY },
      lifecycle: { prevent_destroy: true },
    });
    expect(onlyResource(terraform, "google_compute_instance").attached_disk).toEqual([
      {
        source: expect.stringMatching(/^\$\{google_compute_disk\.Machine_Data_\w+\.id\}$/),
        device_name: "data",
      },
    ]);
  });

  test("has Hyperdisk where the machine type has no persistent disks", () => {
    const terraform = terraformOf((stack) =>
      machine(stack, { machineType: "a4-highgpu-8g", zone: "europe-west4-b", spot: true, dataDiskGiB: 100 }),
    );
    expect(onlyResource(terraform, "google_compute_disk").type).toBe("hyperdisk-balanced");
    expect(onlyResource(terraform, "google_compute_instance").boot_disk).toMatchObject({
      initialize_params: { type: "hyperdisk-balanced" },
    });
  });

  test("has another framework, or an image of one's own", () => {
    expect(instance({ framework: "base" }).boot_disk).toMatchObject({
      initialize_params: { image: expect.stringMatching(/\/family\/common-cu129-/) },
    });
    const own = instance({ image: "projects/acme-images/global/images/lab-7", secureBoot: true });
    expect(own).toMatchObject({
      boot_disk: { initialize_params: { image: "projects/acme-images/global/images/lab-7" } },
      shielded_instance_config: { enable_secure_boot: true },
    });
    expect(own.metadata).not.toHaveProperty("install-nvidia-driver");
  });

  test("without protection is destroyed when asked", () => {
    const terraform = terraformOf((stack) => machine(stack, { dataDiskGiB: 100, deletionProtection: false }));
    expect(onlyResource(terraform, "google_compute_instance")).toMatchObject({
      deletion_protection: false,
      lifecycle: { prevent_destroy: false },
    });
    expect(onlyResource(terraform, "google_compute_disk").lifecycle).toEqual({ prevent_destroy: false });
  });

  test("is started and stopped by a schedule, once Google's agent may do that to this machine", () => {
    const terraform = terraformOf((stack) =>
      machine(stack, {
        schedule: { start: "0 8 * * MON-FRI", stop: "0 19 * * *", timeZone: "Europe/Amsterdam" },
      }),
    );
    expect(onlyResource(terraform, "google_compute_resource_policy")).toMatchObject({
      name: "gpu-lab-schedule",
      region: "europe-west4",
      instance_schedule_policy: {
        time_zone: "Europe/Amsterdam",
        vm_start_schedule: { schedule: "0 8 * * MON-FRI" },
        vm_stop_schedule: { schedule: "0 19 * * *" },
      },
    });
    expect(onlyResource(terraform, "google_compute_instance_iam_member")).toMatchObject({
      instance_name: expect.stringMatching(/^\$\{google_compute_instance\.Machine_\w+\.name\}$/),
      role: "roles/compute.instanceAdmin.v1",
      member: expect.stringMatching(/@compute-system\.iam\.gserviceaccount\.com$/),
    });
    expect(onlyResource(terraform, "google_compute_resource_policy_attachment")).toMatchObject({
      zone: "europe-west4-a",
      instance: expect.stringMatching(/^\$\{google_compute_instance\.Machine_\w+\.name\}$/),
      depends_on: [expect.stringMatching(/^google_compute_instance_iam_member\.Machine_Schedule_Grant_/)],
      lifecycle: { replace_triggered_by: [expect.stringMatching(/^google_compute_resource_policy\./)] },
    });
  });

  test("is only stopped where no start is stated", () => {
    const terraform = terraformOf((stack) =>
      machine(stack, { schedule: { stop: "0 19 * * *", timeZone: "UTC" } }),
    );
    expect(
      onlyResource(terraform, "google_compute_resource_policy").instance_schedule_policy,
    ).not.toHaveProperty("vm_start_schedule");
  });

  test("has its schedule in the region of its subnet, in a zone that only apply knows too", () => {
    const zone = Token.asString({ resolve: () => "europe-west4-a" });
    const terraform = terraformOf((stack) =>
      machine(stack, { zone, schedule: { stop: "0 19 * * *", timeZone: "UTC" } }),
    );
    expect(onlyResource(terraform, "google_compute_resource_policy")).toMatchObject({
      region: "europe-west4",
    });
  });

  test.each([
    [undefined, "3600s"],
    [1_800, "1800s"],
  ])("tells of an idle GPU, after %p seconds", (gpuIdleSeconds, duration) => {
    const terraform = terraformOf((stack) =>
      machine(stack, {
        gpuIdleSeconds,
        alertTo: [new AlertChannel(stack, "Duty", { email: "duty@acme.com" })],
      }),
    );
    expect(onlyResource(terraform, "google_monitoring_alert_policy")).toMatchObject({
      display_name: "A GPU of gpu-lab is idle",
      conditions: [
        { condition_threshold: { duration, filter: expect.stringContaining('name = "gpu-lab"') } },
      ],
    });
    expect(
      resources(
        terraformOf((stack) => machine(stack)),
        "google_monitoring_alert_policy",
      ),
    ).toEqual([]);
  });
});

test("what it makes is known to the provider, waits for nothing that is not there, and has its keys", () => {
  const terraform = terraformOf((stack) =>
    machine(stack, {
      dataDiskGiB: 100,
      localSsds: 1,
      spot: true,
      maxRunSeconds: 3_600,
      schedule: { start: "0 8 * * *", timeZone: "UTC" },
      alertTo: [AlertChannel.fromName(stack, "Pager", "projects/acme/notificationChannels/1")],
    }),
  );
  expect(schemaFaults(terraform)).toEqual([]);
  expect(brokenReferences(terraform)).toEqual([]);
  expect(unknownTypes(terraform)).toEqual([]);
  expect(unwatchedResources(terraform)).toEqual([]);
  expect(keylessResources(terraform)).toEqual([]);
});

test("shows an idle GPU in the console alone, where a time is stated and nobody is named", () => {
  const terraform = terraformOf((stack) => machine(stack, { gpuIdleSeconds: 600 }));
  const policy = onlyResource(terraform, "google_monitoring_alert_policy");
  expect(policy.conditions).toMatchObject([{ condition_threshold: { duration: "600s" } }]);
  expect(policy).not.toHaveProperty("notification_channels");
});

describe("access to a machine with GPUs", () => {
  test.each([
    ["grantLogin", "roles/compute.osLogin"],
    ["grantAdminLogin", "roles/compute.osAdminLogin"],
  ] as const)("is by %s through Identity-Aware Proxy, to this machine alone", (grant, role) => {
    const terraform = terraformOf((stack) => {
      expect(machine(stack)[grant](new Principal(stack, "Research", "group:research@acme.com"))).toHaveLength(
        3,
      );
    });
    const member = "group:research@acme.com";
    expect(onlyResource(terraform, "google_iap_tunnel_instance_iam_member")).toMatchObject({
      zone: "europe-west4-a",
      instance: expect.stringMatching(/^\$\{google_compute_instance\.Machine_\w+\.name\}$/),
      role: "roles/iap.tunnelResourceAccessor",
      member,
    });
    expect(onlyResource(terraform, "google_compute_instance_iam_member")).toMatchObject({ role, member });
    expect(onlyResource(terraform, "google_service_account_iam_member")).toMatchObject({
      role: "roles/iam.serviceAccountUser",
      member,
    });
  });

  test("can be granted in both ways to the same group", () => {
    const terraform = terraformOf((stack) => {
      const built = machine(stack);
      const team = new Principal(stack, "Research", "group:research@acme.com");
      built.grantLogin(team);
      built.grantAdminLogin(team);
    });
    expect(resources(terraform, "google_compute_instance_iam_member")).toHaveLength(2);
  });
});

describe("the policies", () => {
  /** Rules that a machine breaks, and those among them that are accepted with a reason. */
  function broken(props: Partial<GpuVirtualMachineProps>): {
    readonly open: string[];
    readonly accepted: string[];
  } {
    let found: readonly PolicyFinding[] = [];
    terraformOf((stack) => {
      const built = machine(stack, {
        dataDiskGiB: 100,
        schedule: { stop: "0 19 * * *", timeZone: "UTC" },
        ...props,
      });
      built.grantLogin(new Principal(built, "Research", "group:research@acme.com"));
      found = Policies.check(stack, { packs: ["gdpr", "hipaa", "pci-dss", "ccpa"] }).findings;
    });
    const ofMachine = found.filter(({ path }) => path.startsWith("stack/Machine"));
    return {
      open: ofMachine.filter(({ suppression }) => suppression === null).map(({ rule }) => rule),
      accepted: ofMachine.filter(({ suppression }) => suppression !== null).map(({ rule }) => rule),
    };
  }

  test("are told why Google's image starts without Secure Boot, and have nothing else against the machine", () => {
    expect(broken({})).toEqual({ open: [], accepted: ["shielded-machine"] });
  });

  test("have nothing at all against an image whose driver is signed, and object where it might be", () => {
    const image = "projects/acme-images/global/images/lab-7";
    expect(broken({ image, secureBoot: true })).toEqual({ open: [], accepted: [] });
    expect(broken({ image })).toEqual({ open: ["shielded-machine"], accepted: [] });
  });
});

const good: GpuVirtualMachineRequest = {
  name: "gpu-lab",
  zone: "europe-west4-b",
  machineType: "g2-standard-8",
  keyRegion: "europe-west4",
  subnetRegion: "europe-west4",
  spot: false,
  bootDiskGiB: 200,
  diskType: "pd-balanced",
  localSsds: 0,
  deletionProtection: true,
};

/** Per rule what is refused and with which words, and the nearest that is not. */
const cases: Readonly<
  Record<
    string,
    {
      refused: Partial<GpuVirtualMachineRequest>;
      remedy: string;
      passes: Partial<GpuVirtualMachineRequest>;
    }
  >
> = {
  gpu: {
    refused: { machineType: "n1-standard-8" },
    remedy:
      "state one, or use a machine type that comes with some, as g2-standard-8: n1-standard-8 has no GPU",
    passes: { machineType: "n1-standard-8", accelerator: Accelerator.NVIDIA_T4 },
  },
  "framework-of-image": {
    refused: { framework: "base", image: "projects/p/global/images/family/f" },
    remedy: "leave it out: what is installed is what image holds",
    passes: { image: "projects/p/global/images/family/f" },
  },
  "spot-only": {
    refused: { machineType: "a3-highgpu-1g" },
    remedy: "set it to true, or use a3-highgpu-8g: a3-highgpu-1g is not offered on demand",
    passes: { machineType: "a3-highgpu-1g", spot: true },
  },
  "termination-of-what-ends": {
    refused: { termination: "stop" },
    remedy: "leave it out, or state spot or maxRunSeconds: nothing else ends this machine",
    passes: { termination: "stop", maxRunSeconds: 60 },
  },
  "protected-from-termination": {
    refused: { termination: "delete", spot: true },
    remedy: 'use "stop", or set deletionProtection to false: it would be deleted all the same',
    passes: { termination: "delete", spot: true, deletionProtection: false },
  },
  "schedule-of-deleted": {
    refused: {
      termination: "delete",
      spot: true,
      deletionProtection: false,
      schedule: { start: "0 8 * * *", timeZone: "UTC" },
    },
    remedy: 'use "stop", or leave schedule.start out: what is deleted is not started again',
    passes: { spot: true, schedule: { start: "0 8 * * *", timeZone: "UTC" } },
  },
  "schedule-of-local-ssds": {
    refused: { localSsds: 1, schedule: { stop: "0 19 * * *", timeZone: "UTC" } },
    remedy: "leave it out, or use a machine without local SSDs: a schedule cannot stop one that has 1",
    passes: { localSsds: 1, schedule: { start: "0 8 * * *", timeZone: "UTC" } },
  },
  "disk-persistent": {
    refused: { machineType: "a4-highgpu-8g", spot: true },
    remedy: "leave it out: a4-highgpu-8g has no persistent disks",
    passes: { machineType: "a4-highgpu-8g", spot: true, diskType: "hyperdisk-balanced" },
  },
  "disk-hyperdisk": {
    refused: { diskType: "hyperdisk-balanced" },
    remedy: 'use "pd-balanced" or "pd-ssd": g2-standard-8 cannot have it',
    passes: { machineType: "a3-highgpu-8g", diskType: "hyperdisk-balanced" },
  },
  "local-ssds-bundled": {
    refused: { machineType: "a3-highgpu-8g", localSsds: 4 },
    remedy: "leave it out: a3-highgpu-8g comes with 16",
    passes: { machineType: "a3-highgpu-8g", localSsds: 16 },
  },
  "local-ssds-choice": {
    refused: { localSsds: 3 },
    remedy: "use 1 or none: g2-standard-8 takes no other number",
    passes: { localSsds: 1 },
  },
};

test.each(["a3-ultragpu-8g", "a4-highgpu-8g"])("%s is not offered on demand", (machineType) => {
  const zone = machineType === "a4-highgpu-8g" ? "europe-west4-b" : "europe-west4-a";
  expect(checkGpuVirtualMachine({ ...good, machineType, zone, diskType: "hyperdisk-balanced" })).toEqual([
    { property: "spot", received: false, remedy: expect.stringContaining("on demand") },
  ]);
});

describe("what does not go together in a machine with GPUs", () => {
  test.each(Object.entries(cases))("is refused in these words: %s", (id, { refused, remedy, passes }) => {
    const property = gpuVirtualMachineRules.find((rule) => rule.id === id)
      ?.property as keyof GpuVirtualMachineRequest;
    const request = { ...good, ...refused };
    expect(checkGpuVirtualMachine(request)).toEqual([{ property, received: request[property], remedy }]);
    expect(checkGpuVirtualMachine({ ...good, ...passes })).toEqual([]);
  });

  test("is all in this table, or in that of every machine", () => {
    const shared = machineRules.map(({ id }) => id);
    const own = gpuVirtualMachineRules.map(({ id }) => id).filter((id) => !shared.includes(id));
    expect(own).toEqual(Object.keys(cases));
  });

  test("is not judged by a machine type that only apply knows", () => {
    const machineType = Token.asString({ resolve: () => "x" });
    expect(checkGpuVirtualMachine({ ...good, machineType })).toEqual([]);
  });

  test("includes what no machine has", () => {
    expect(checkGpuVirtualMachine({ ...good, keyRegion: "europe-west1" })).toEqual([
      { property: "zone", received: "europe-west4-b", remedy: expect.stringContaining("where its key lies") },
    ]);
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        machine(stack, {
          name: "Lab",
          framework: "jax" as "base",
          image: "lab",
          maxRunSeconds: 10,
          schedule: { start: "8:00", timeZone: "CET+1" },
          bootDiskGiB: 20,
          dataDiskGiB: 1.5,
          diskType: "pd-sdd" as "pd-ssd",
          termination: "halt" as "stop",
          localSsds: -1,
          machineType: "g2-standard-7",
        }),
      ),
    ).toEqual([
      { property: "name", received: "Lab", remedy: expect.stringContaining("6 to 30") },
      { property: "framework", received: "jax", remedy: "Use one of base, pytorch" },
      { property: "termination", received: "halt", remedy: "Use one of stop, delete" },
      { property: "image", received: "lab", remedy: expect.stringContaining("in full") },
      { property: "maxRunSeconds", received: 10, remedy: "use 30 to 10368000 whole seconds" },
      { property: "schedule.start", received: "8:00", remedy: expect.stringContaining("minute, hour") },
      { property: "schedule.timeZone", received: "CET+1", remedy: expect.stringContaining("tz database") },
      { property: "bootDiskGiB", received: 20, remedy: "use 50 to 65536 whole GiB" },
      { property: "dataDiskGiB", received: 1.5, remedy: "use 10 to 65536 whole GiB" },
      {
        property: "diskType",
        received: "pd-sdd",
        remedy: 'did you mean "pd-ssd"? Use one of pd-balanced, pd-ssd, hyperdisk-balanced',
      },
      { property: "localSsds", received: -1, remedy: "use a whole number from 0" },
      {
        property: "machineType",
        received: "g2-standard-7",
        remedy: expect.stringMatching(/^did you mean "g2-standard-4"\? No such machine type; /),
      },
    ]);
  });

  test("needs a schedule that does something", () => {
    expect(checkGpuVirtualMachine({ ...good, schedule: { timeZone: "UTC" } })).toEqual([
      { property: "schedule", received: { timeZone: "UTC" }, remedy: "state start, stop or both" },
    ]);
  });
});

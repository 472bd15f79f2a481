import { TerraformOutput, type TerraformStack } from "cdktf";
import {
  Accelerator,
  AlertChannel,
  EncryptionKey,
  Notebook,
  type NotebookProps,
  Policies,
  type PolicyFinding,
  Principal,
  PrivateNetwork,
} from "../../../constructs";
import {
  checkNotebook,
  type NotebookRequest,
  notebookRules,
} from "../../../constructs/compute/notebook-checks";
import { schemaFaults } from "../../support/binding-schema";
import { findings, onlyResource, resources, type Terraform, terraformOf } from "../../support/terraform";
import {
  brokenReferences,
  keylessResources,
  unknownTypes,
  unwatchedResources,
} from "../../support/whole-output";

function notebook(stack: TerraformStack, props: Partial<NotebookProps> = {}): Notebook {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  const network = PrivateNetwork.fromName(stack, "Network", {
    name: "research",
    subnets: { machines: { name: "machines", region: "europe-west4" } },
  });
  return new Notebook(stack, "Notebook", {
    name: "notebook",
    zone: "europe-west4-a",
    key,
    network,
    subnet: network.subnet("machines"),
    ...props,
  });
}

function instance(props: Partial<NotebookProps> = {}) {
  return onlyResource(
    terraformOf((stack) => notebook(stack, props)),
    "google_workbench_instance",
  );
}

const duty = (stack: TerraformStack) => [new AlertChannel(stack, "Duty", { email: "duty@acme.com" })];

describe("a notebook", () => {
  test("shuts down when idle, has no public address, and starts nothing that is not signed", () => {
    expect(instance()).toMatchObject({
      name: "notebook",
      location: "europe-west4-a",
      gce_setup: {
        machine_type: "e2-standard-4",
        disable_public_ip: true,
        network_interfaces: [
          {
            network: expect.stringMatching(/^\$\{data\.google_compute_network\./),
            subnet: expect.stringMatching(/^\$\{data\.google_compute_subnetwork\./),
            nic_type: "GVNIC",
          },
        ],
        shielded_instance_config: {
          enable_secure_boot: true,
          enable_vtpm: true,
          enable_integrity_monitoring: true,
        },
        vm_image: { project: "cloud-notebooks-managed", family: "workbench-instances" },
        metadata: {
          "idle-timeout-seconds": "10800",
          "notebook-disable-root": "true",
          "notebook-disable-terminal": "false",
          "notebook-disable-downloads": "true",
          "notebook-disable-nbconvert": "true",
          "block-project-ssh-keys": "true",
        },
      },
      lifecycle: { prevent_destroy: true, ignore_changes: ["desired_state"] },
    });
    expect(instance()).not.toHaveProperty("instance_owners");
    expect(instance()).not.toHaveProperty("labels");
  });

  test("encrypts both disks with the key, once both of Google's agents may use it", () => {
    const terraform = terraformOf((stack) => notebook(stack));
    const id = (agent: string) =>
      expect.stringMatching(
        new RegExp(`^\\$\\{google_kms_crypto_key_iam_member\\.Key_${agent}_\\w+\\.crypto_key_id\\}$`),
      );
    expect(onlyResource(terraform, "google_workbench_instance")).toMatchObject({
      gce_setup: {
        boot_disk: {
          disk_encryption: "CMEK",
          kms_key: id("ComputeAgent"),
          disk_size_gb: "150",
          disk_type: "PD_BALANCED",
        },
        data_disks: {
          disk_encryption: "CMEK",
          kms_key: id("NotebooksAgent"),
          disk_size_gb: "100",
          disk_type: "PD_BALANCED",
        },
      },
    });
  });

  test("runs as an account of its own, that may write logs and metrics", () => {
    const terraform = terraformOf((stack) => notebook(stack));
    expect(onlyResource(terraform, "google_service_account").account_id).toBe("notebook");
    expect(resources(terraform, "google_project_iam_member").map(({ role }) => role)).toEqual([
      "roles/logging.logWriter",
      "roles/monitoring.metricWriter",
    ]);
    expect(onlyResource(terraform, "google_workbench_instance")).toMatchObject({
      gce_setup: {
        service_accounts: [{ email: expect.stringMatching(/^\$\{google_service_account\..*\.email\}$/) }],
      },
    });
  });

  test("does as it is told", () => {
    expect(
      instance({
        machineType: "e2-standard-8",
        idleShutdownSeconds: 600,
        bootDiskGiB: 300,
        dataDiskGiB: 500,
        diskType: "pd-ssd",
        secureBoot: false,
        rootAccess: true,
        terminal: false,
        downloads: true,
        upgradeSchedule: "0 19 * * MON",
        image: "projects/acme-images/global/images/notebook-7",
        deletionProtection: false,
      }),
    ).toMatchObject({
      gce_setup: {
        machine_type: "e2-standard-8",
        boot_disk: { disk_size_gb: "300", disk_type: "PD_SSD" },
        data_disks: { disk_size_gb: "500", disk_type: "PD_SSD" },
        shielded_instance_config: { enable_secure_boot: false },
        vm_image: { project: "acme-images", name: "notebook-7" },
        metadata: {
          "idle-timeout-seconds": "600",
          "notebook-disable-root": "false",
          "notebook-disable-terminal": "true",
          "notebook-disable-downloads": "false",
          "notebook-disable-nbconvert": "false",
          "notebook-upgrade-schedule": "0 19 * * MON",
        },
      },
      lifecycle: { prevent_destroy: false },
    });
  });

  test.each([
    [
      "europe-docker.pkg.dev/acme/images/lab:7",
      { repository: "europe-docker.pkg.dev/acme/images/lab", tag: "7" },
    ],
    ["registry.acme.com:5000/lab", { repository: "registry.acme.com:5000/lab" }],
  ])("runs in a container where one is named: %s", (containerImage, parts) => {
    const { gce_setup } = instance({ containerImage });
    expect(gce_setup).toMatchObject({ container_image: parts });
    expect(gce_setup).not.toHaveProperty("vm_image");
  });

  test.each([
    [{ machineType: "g2-standard-8" }, { type: "NVIDIA_L4", core_count: "1" }],
    [
      { machineType: "n1-standard-8", accelerator: Accelerator.NVIDIA_T4, acceleratorCount: 2 },
      { type: "NVIDIA_TESLA_T4", core_count: "2" },
    ],
  ])("has the GPUs of its machine type, or those that are added, and the Ops Agent: %p", (props, gpus) => {
    const terraform = terraformOf((stack) => notebook(stack, props));
    expect(onlyResource(terraform, "google_workbench_instance")).toMatchObject({
      labels: { "ops-agent": "notebook" },
      gce_setup: {
        accelerator_configs: [gpus],
        shielded_instance_config: { enable_secure_boot: false },
        metadata: { "enable-osconfig": "TRUE" },
      },
    });
    // Workbench sets it, and refuses who else would.
    expect(onlyResource(terraform, "google_workbench_instance")).not.toHaveProperty(
      "gce_setup.metadata.enable-guest-attributes",
    );
    expect(onlyResource(terraform, "google_os_config_os_policy_assignment")).toMatchObject({
      location: "europe-west4-a",
      instance_filter: { inclusion_labels: [{ labels: { "ops-agent": "notebook" } }] },
      skip_await_rollout: true,
    });
  });

  test.each([
    [{}, "3600s"],
    [{ idleShutdownSeconds: 1_830 }, "1800s"],
    [{ idleShutdownSeconds: 1_800 }, "1740s"],
    [{ gpuIdleSeconds: 900 }, "900s"],
  ])("tells of an idle GPU before it shuts down: %p", (props, duration) => {
    const terraform = terraformOf((stack) =>
      notebook(stack, { machineType: "g2-standard-4", alertTo: duty(stack), ...props }),
    );
    expect(onlyResource(terraform, "google_monitoring_alert_policy")).toMatchObject({
      display_name: "A GPU of notebook is idle",
      conditions: [
        {
          condition_threshold: {
            filter:
              'metric.type = "agent.googleapis.com/gpu/utilization" AND resource.type = "gce_instance" AND resource.labels.zone = "europe-west4-a" AND metadata.system_labels.name = "notebook"',
            comparison: "COMPARISON_LT",
            threshold_value: 5,
            duration,
            aggregations: [
              { cross_series_reducer: "REDUCE_MIN", group_by_fields: ["resource.label.instance_id"] },
            ],
          },
        },
      ],
      notification_channels: [expect.stringContaining("google_monitoring_notification_channel.Duty")],
    });
  });

  test.each([{ machineType: "g2-standard-4" }, { machineType: "e2-standard-4" }])(
    "tells nobody where nobody is named, or nothing could be idle: %p",
    (props) => {
      const terraform = terraformOf((stack) =>
        notebook(stack, { ...props, alertTo: props.machineType.startsWith("g2") ? [] : duty(stack) }),
      );
      expect(resources(terraform, "google_monitoring_alert_policy")).toEqual([]);
    },
  );

  test("says where it is opened", () => {
    const terraform: Terraform & { readonly output?: unknown } = terraformOf((stack) => {
      new TerraformOutput(stack, "url", { value: notebook(stack).url, staticId: true });
    });
    expect(terraform.output).toEqual({
      url: {
        value: expect.stringMatching(/^https:\/\/\$\{google_workbench_instance\.Notebook_\w+\.proxy_uri\}$/),
      },
    });
  });
});

test("what it makes is known to the provider, waits for nothing that is not there, and has its keys", () => {
  const terraform = terraformOf((stack) =>
    notebook(stack, {
      machineType: "g2-standard-4",
      owner: "ada@acme.com",
      upgradeSchedule: "0 19 * * MON",
      alertTo: [AlertChannel.fromName(stack, "Pager", "projects/acme/notificationChannels/1")],
    }),
  );
  expect(schemaFaults(terraform)).toEqual([]);
  expect(brokenReferences(terraform)).toEqual([]);
  expect(unknownTypes(terraform)).toEqual([]);
  expect(unwatchedResources(terraform)).toEqual([]);
  expect(keylessResources(terraform)).toEqual([]);
});

describe("access to a notebook", () => {
  test("belongs to its owner alone, where it has one", () => {
    const terraform = terraformOf((stack) => notebook(stack, { owner: "ada@acme.com" }));
    expect(onlyResource(terraform, "google_workbench_instance").instance_owners).toEqual(["ada@acme.com"]);
    expect(onlyResource(terraform, "google_service_account_iam_member")).toMatchObject({
      role: "roles/iam.serviceAccountUser",
      member: "user:ada@acme.com",
    });
    expect(
      findings((stack) =>
        notebook(stack, { owner: "ada@acme.com" }).grantUse(
          new Principal(stack, "Grace", "user:grace@acme.com"),
        ),
      ),
    ).toEqual([
      {
        property: "identity",
        received: "user:grace@acme.com",
        remedy: "make the notebook without an owner: ada@acme.com alone can open it",
      },
    ]);
  });

  test("is granted person by person", () => {
    const terraform = terraformOf((stack) =>
      notebook(stack).grantUse(new Principal(stack, "Grace", "user:grace@acme.com")),
    );
    expect(onlyResource(terraform, "google_service_account_iam_member")).toMatchObject({
      role: "roles/iam.serviceAccountUser",
      member: "user:grace@acme.com",
      service_account_id: expect.stringMatching(
        /^\$\{google_service_account\.Notebook_Identity_\w+\.name\}$/,
      ),
    });
    expect(
      findings((stack) =>
        notebook(stack).grantUse(new Principal(stack, "Research", "group:research@acme.com")),
      ),
    ).toEqual([
      {
        property: "identity",
        received: "group:research@acme.com",
        remedy: "name each person, as user:ADDRESS: Workbench lets no groups in",
      },
    ]);
  });

  test("to the machine itself is granted apart from that", () => {
    const terraform = terraformOf((stack) =>
      notebook(stack).grantAdmin(new Principal(stack, "Operators", "group:operators@acme.com")),
    );
    expect(onlyResource(terraform, "google_workbench_instance_iam_member")).toMatchObject({
      role: "roles/notebooks.admin",
      member: "group:operators@acme.com",
      name: expect.stringMatching(/^\$\{google_workbench_instance\.Notebook_\w+\.name\}$/),
    });
  });
});

describe("the policies", () => {
  /** Rules that a notebook breaks, and those among them that are accepted with a reason. */
  function broken(props: Partial<NotebookProps>): { readonly open: string[]; readonly accepted: string[] } {
    let found: readonly PolicyFinding[] = [];
    terraformOf((stack) => {
      notebook(stack, props);
      found = Policies.check(stack, { packs: ["gdpr", "hipaa", "pci-dss", "ccpa"] }).findings;
    });
    const ofNotebook = found.filter(({ path }) => path.startsWith("stack/Notebook"));
    return {
      open: ofNotebook.filter(({ suppression }) => suppression === null).map(({ rule }) => rule),
      accepted: ofNotebook.filter(({ suppression }) => suppression !== null).map(({ rule }) => rule),
    };
  }

  test("have nothing against a notebook", () => {
    expect(broken({})).toEqual({ open: [], accepted: [] });
  });

  test("are told why one with a GPU and Google's image starts without Secure Boot", () => {
    expect(broken({ machineType: "g2-standard-4" })).toEqual({ open: [], accepted: ["shielded-machine"] });
  });

  test("object where Secure Boot is off for no such reason", () => {
    const own = { image: "projects/acme/global/images/lab", machineType: "g2-standard-4" };
    expect(broken(own).open).toEqual(["shielded-machine"]);
    expect(broken({ secureBoot: false }).open).toEqual(["shielded-machine"]);
    expect(broken({ ...own, secureBoot: true })).toEqual({ open: [], accepted: [] });
  });
});

const good: NotebookRequest = {
  name: "notebook",
  zone: "europe-west4-a",
  machineType: "n1-standard-8",
  keyRegion: "europe-west4",
  subnetRegion: "europe-west4",
  idleShutdownSeconds: 10_800,
  bootDiskGiB: 150,
  dataDiskGiB: 100,
  diskType: "pd-balanced",
};

/** Per rule what is refused and with which words, and the nearest that is not. */
const cases: Readonly<
  Record<
    string,
    { refused: Partial<NotebookRequest>; remedy: string | RegExp; passes: Partial<NotebookRequest> }
  >
> = {
  "zone-of-key": {
    refused: { keyRegion: "us-central1" },
    remedy: "use a zone of us-central1, as us-central1-a: a disk lies where its key lies",
    passes: { zone: "us-central1-c", keyRegion: "us-central1", subnetRegion: "us-central1" },
  },
  "zone-of-subnet": {
    refused: { subnetRegion: "europe-west1" },
    remedy: "use a zone of europe-west1, as europe-west1-b: a machine lies where its subnet lies",
    passes: { zone: "europe-west4-c" },
  },
  "no-tpu": {
    refused: { machineType: "ct5lp-hightpu-1t", zone: "europe-west4-b" },
    remedy: "choose a machine with GPUs, or none: TPUs are had by a TpuNodePool",
    passes: { machineType: "g2-standard-4" },
  },
  "machine-in-zone": {
    refused: { machineType: "a2-highgpu-1g", zone: "europe-west4-c" },
    remedy: "a2-highgpu-1g is not offered there: use europe-west4-a or europe-west4-b",
    passes: { machineType: "a2-highgpu-1g", zone: "europe-west4-b" },
  },
  "accelerator-of-machine": {
    refused: { machineType: "g2-standard-8", accelerator: Accelerator.NVIDIA_T4 },
    remedy:
      /^g2-standard-8 comes with nvidia-l4: use a machine that has nvidia-tesla-t4, as n1-standard-\d+$/,
    passes: { machineType: "g2-standard-8", accelerator: Accelerator.NVIDIA_L4 },
  },
  "count-without-accelerator": {
    refused: { acceleratorCount: 1 },
    remedy: "state accelerator with it, or leave it out: n1-standard-8 comes with none",
    passes: { accelerator: Accelerator.NVIDIA_T4, acceleratorCount: 1 },
  },
  "accelerator-count": {
    refused: { accelerator: Accelerator.NVIDIA_T4, acceleratorCount: 3 },
    remedy: "use 1, 2 or 4: n1-standard-8 takes no other number of nvidia-tesla-t4",
    passes: { accelerator: Accelerator.NVIDIA_T4, acceleratorCount: 4 },
  },
  "idle-without-gpu": {
    refused: { gpuIdleSeconds: 3_600 },
    remedy: "leave it out, or add a GPU: n1-standard-8 has none that could be idle",
    passes: { gpuIdleSeconds: 3_600, accelerator: Accelerator.NVIDIA_T4 },
  },
  "workbench-accelerator": {
    refused: { machineType: "a3-highgpu-1g", zone: "europe-west4-b" },
    remedy:
      "Workbench takes no nvidia-h100-80gb: use a machine with one of nvidia-tesla-p4, nvidia-tesla-p100, nvidia-tesla-v100, nvidia-tesla-t4, nvidia-l4, nvidia-tesla-a100, nvidia-a100-80gb, or a GpuVirtualMachine",
    passes: { machineType: "a2-ultragpu-1g" },
  },
  "workbench-disks": {
    refused: { machineType: "n4-standard-4" },
    remedy:
      "choose another, as e2-standard-4: n4-standard-4 has no persistent disks, and Workbench no others",
    passes: { machineType: "n2-standard-4" },
  },
  "one-image": {
    refused: { image: "projects/p/global/images/i", containerImage: "registry/lab:1" },
    remedy: "state it or image: a notebook runs in one of them",
    passes: { containerImage: "registry/lab:1" },
  },
  "schedule-of-image": {
    refused: { containerImage: "registry/lab:1", upgradeSchedule: "0 19 * * MON" },
    remedy: "leave it out: a container image of one's own is upgraded by naming a newer one",
    passes: { upgradeSchedule: "0 19 * * MON" },
  },
  "schedule-of-days": {
    refused: { upgradeSchedule: "0 19 * * *" },
    remedy: 'state a day of the week or of the month, as "0 19 * * MON": Workbench upgrades no more often',
    passes: { upgradeSchedule: "0 19 1 * *" },
  },
  "idle-alert-before-shutdown": {
    refused: { machineType: "g2-standard-4", gpuIdleSeconds: 3_600, idleShutdownSeconds: 3_600 },
    remedy: "use less than idleShutdownSeconds, which is 3600: a notebook that is shut down reports nothing",
    passes: { machineType: "g2-standard-4", gpuIdleSeconds: 3_540, idleShutdownSeconds: 3_600 },
  },
};

describe("what does not go together in a notebook", () => {
  test.each(Object.entries(cases))("is refused in these words: %s", (id, { refused, remedy, passes }) => {
    const property = notebookRules.find((rule) => rule.id === id)?.property as keyof NotebookRequest;
    const request = { ...good, ...refused };
    expect(checkNotebook(request)).toEqual([
      {
        property,
        received: request[property],
        remedy: typeof remedy === "string" ? remedy : expect.stringMatching(remedy),
      },
    ]);
    expect(checkNotebook({ ...good, ...passes })).toEqual([]);
  });

  test("is all in this table, but for what the tests of all machines show", () => {
    const without = notebookRules.map(({ id }) => id).filter((id) => !(id in cases));
    expect(without).toEqual(["x86", "accelerator-in-zone"]);
  });

  test("says which machine has as many GPUs", () => {
    expect(checkNotebook({ ...good, machineType: "g2-standard-8", acceleratorCount: 4 })).toEqual([
      {
        property: "acceleratorCount",
        received: 4,
        remedy:
          "g2-standard-8 comes with 1: leave it out, or use a machine that has 4 of nvidia-l4, as g2-standard-48",
      },
    ]);
  });

  test("is refused with every finding at once, and what is amiss by itself says nothing about the rest", () => {
    expect(
      findings((stack) =>
        notebook(stack, {
          name: "Nb",
          zone: "europe-west4-d",
          machineType: "g2-standart-8",
          idleShutdownSeconds: 60,
          owner: "ada",
          image: "ubuntu",
          containerImage: "Lab",
          bootDiskGiB: 100,
          dataDiskGiB: 5,
          upgradeSchedule: "weekly",
        }),
      ),
    ).toEqual([
      { property: "name", received: "Nb", remedy: expect.stringContaining("6 to 30") },
      { property: "idleShutdownSeconds", received: 60, remedy: "use 600 to 86400 whole seconds" },
      { property: "owner", received: "ada", remedy: expect.stringContaining("e-mail address") },
      { property: "image", received: "ubuntu", remedy: expect.stringContaining("in full") },
      { property: "containerImage", received: "Lab", remedy: expect.stringContaining("registry/path") },
      { property: "bootDiskGiB", received: 100, remedy: "use 150 to 64000 whole GiB" },
      { property: "dataDiskGiB", received: 5, remedy: "use 10 to 64000 whole GiB" },
      { property: "upgradeSchedule", received: "weekly", remedy: expect.stringContaining("minute, hour") },
      {
        property: "zone",
        received: "europe-west4-d",
        remedy: "use europe-west4-a, europe-west4-b or europe-west4-c: the region has no other zones",
      },
      {
        property: "machineType",
        received: "g2-standart-8",
        remedy: expect.stringMatching(/^did you mean "g2-standard-8"\? No such machine type; /),
      },
    ]);
  });

  test("is not judged of a family that the catalog does not know", () => {
    expect(checkNotebook({ ...good, machineType: "x9-standard-4" })).toEqual([]);
  });
});

import type { TerraformStack } from "cdktf";
import { TrainingQueues, type TrainingQueuesProps } from "../../../constructs";
import type { ICluster } from "../../../constructs/compute/cluster";
import { someCluster } from "../../support/cluster";
import { onlyObject, renderedObjects } from "../../support/helm-template";
import { schemaFindings } from "../../support/kubernetes-schemas";
import { findings, resources, terraformOf } from "../../support/terraform";
import { somePool, tpuSlice } from "../../support/training-pools";

type Choices = (cluster: ICluster) => Partial<TrainingQueuesProps>;

function queues(stack: TerraformStack, choices: Choices = () => ({})): TrainingQueues {
  const cluster = someCluster(stack);
  const chosen = choices(cluster);
  const capacities = chosen.capacities ?? { l4: { pool: somePool(cluster), nodesMax: 8 } };
  return new TrainingQueues(stack, "Queues", { cluster, ...chosen, capacities });
}

function terraform(choices?: Choices) {
  return terraformOf((stack) => queues(stack, choices));
}

function releaseOf(name: string, choices?: Choices) {
  const [release] = resources(terraform(choices), "helm_release").filter((one) => one.name === name);
  const [values] = release.values as readonly string[];
  return { repository: release.repository, values: JSON.parse(values) };
}

const spotTaint = { key: "plinth/spot", operator: "Exists", effect: "NoSchedule" } as const;

const several: Choices = (cluster) => ({
  capacities: {
    reserved: { pool: somePool(cluster), nodesMax: 4 },
    spot: { pool: somePool(cluster, { spot: true, tolerations: [spotTaint] }, "Spot"), nodesMax: 16 },
    slices: { pool: somePool(cluster, tpuSlice, "Tpu"), nodesMax: 8, queuedProvisioning: true },
  },
  namespaces: ["research", "products"],
  priorities: { urgent: 1_000, idle: -10, normal: 0 },
});

describe("training queues", () => {
  test("install JobSet and then Kueue, in versions that do not move", () => {
    const releases = resources(terraform(), "helm_release");
    expect(
      releases.map(({ name, repository, chart, version }) => [name, repository, chart, version]),
    ).toEqual([
      ["training-queues", undefined, expect.stringContaining("/assets/RenderedChart"), undefined],
      ["jobset", "oci://registry.k8s.io/jobset/charts", "jobset", "0.12.0"],
      ["kueue", "oci://registry.k8s.io/kueue/charts", "kueue", "0.19.2"],
    ]);
    const [, , kueue] = releases;
    expect(kueue.depends_on).toEqual([expect.stringMatching(/^helm_release\.Queues_Controllers_JobSet/)]);
    expect(releases[0].depends_on).toContainEqual(
      expect.stringMatching(/^helm_release\.Queues_Controllers_Kueue/),
    );
  });

  test("have Kueue look after JobSets, and take back the quota of a job whose nodes never come", () => {
    const { controllerManager, managerConfig } = releaseOf("kueue", () => ({ startSeconds: 3_600 })).values;
    expect(controllerManager).toMatchObject({
      replicas: 2,
      podDisruptionBudget: { enabled: true },
      manager: { image: { repository: "registry.k8s.io/kueue/kueue", tag: "v0.19.2" } },
    });
    expect(JSON.parse(managerConfig.controllerManagerConfigYaml)).toMatchObject({
      apiVersion: "config.kueue.x-k8s.io/v1beta2",
      kind: "Configuration",
      waitForPodsReady: { timeout: "3600s", blockAdmission: false },
      integrations: { frameworks: ["batch/job", "jobset.x-k8s.io/jobset"] },
    });
  });

  test("pull the controllers' images from where the nodes can reach them", () => {
    const choices = () => ({ imageRegistry: "europe-west4-docker.pkg.dev/acme-ml-dev/k8s" });
    expect(releaseOf("kueue", choices).values.controllerManager.manager.image.repository).toBe(
      "europe-west4-docker.pkg.dev/acme-ml-dev/k8s/kueue/kueue",
    );
    expect(releaseOf("jobset", choices).values.image).toEqual({
      repository: "europe-west4-docker.pkg.dev/acme-ml-dev/k8s/jobset/jobset",
      tag: "v0.12.0",
      pullPolicy: "IfNotPresent",
    });
    expect(releaseOf("jobset", choices).repository).toBe("oci://registry.k8s.io/jobset/charts");
  });

  test("install nothing where the controllers are there", () => {
    const releases = resources(
      terraform(() => ({ controllersInstalled: true })),
      "helm_release",
    );
    expect(releases.map(({ name }) => name)).toEqual(["training-queues"]);
  });

  test("hand out what the nodes have, the preferred first", () => {
    const { spec } = onlyObject(terraform(several), "ClusterQueue");
    expect(spec.resourceGroups).toEqual([
      {
        coveredResources: ["cpu", "memory", "nvidia.com/gpu", "google.com/tpu"],
        flavors: [
          { name: "reserved", resources: quota("32", "128Gi", "4", "0") },
          { name: "spot", resources: quota("128", "512Gi", "16", "0") },
          { name: "slices", resources: expect.arrayContaining(quota("", "", "0", "32").slice(2)) },
        ],
      },
    ]);
  });

  test("know nodes by their labels, and have jobs tolerate their taints", () => {
    const flavors = renderedObjects(terraform(several)).filter(({ kind }) => kind === "ResourceFlavor");
    expect(flavors.map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
      ["reserved", { nodeLabels: { "cloud.google.com/gke-nodepool": "l4" } }],
      ["slices", { nodeLabels: { "cloud.google.com/gke-nodepool": "tpu" } }],
      ["spot", { nodeLabels: { "cloud.google.com/gke-nodepool": "spot" }, tolerations: [spotTaint] }],
    ]);
  });

  test("let more important jobs take the place of others, and never an equal one's", () => {
    const text = terraform(several);
    expect(onlyObject(text, "ClusterQueue").spec.preemption).toEqual({ withinClusterQueue: "LowerPriority" });
    const classes = renderedObjects(text).filter(({ kind }) => kind === "WorkloadPriorityClass");
    expect(classes.map(({ metadata, value }) => [metadata.name, value])).toEqual([
      ["idle", -10],
      ["normal", 0],
      ["urgent", 1_000],
    ]);
    terraformOf((stack) =>
      expect(queues(stack, several).queue.priorities).toEqual(["idle", "normal", "urgent"]),
    );
  });

  test("ask for all nodes of a job at once where they come so, and only there", () => {
    const text = terraform(several);
    expect(onlyObject(text, "ClusterQueue").spec.admissionChecksStrategy).toEqual({
      admissionChecks: [{ name: "training", onFlavors: ["slices"] }],
    });
    expect(onlyObject(text, "ProvisioningRequestConfig").spec).toMatchObject({
      provisioningClassName: "queued-provisioning.gke.io",
      managedResources: ["google.com/tpu"],
    });
    expect(onlyObject(text, "AdmissionCheck").spec.parameters.name).toBe("training");
    expect(onlyObject(terraform(), "ClusterQueue").spec).not.toHaveProperty("admissionChecksStrategy");
  });

  test("are in each namespace, which stays when they go", () => {
    const text = terraform(several);
    const objects = renderedObjects(text);
    expect(
      objects.filter(({ kind }) => kind === "LocalQueue").map(({ metadata }) => metadata.namespace),
    ).toEqual(["products", "research"]);
    expect(objects.find(({ kind }) => kind === "Namespace")?.metadata).toMatchObject({
      labels: { "pod-security.kubernetes.io/enforce": "baseline" },
      annotations: { "helm.sh/resource-policy": "keep" },
    });
    terraformOf((stack) => {
      const made = queues(stack, several);
      expect(made.queue.namespace).toBe("research");
      expect(made.queueIn("products")).toMatchObject({ queueName: "training", namespace: "products" });
      expect(() => made.queueIn("sales")).toThrow("use one of research, products, or add it to namespaces");
    });
  });

  test("are what the schemas of Kubernetes and of Kueue take", () => {
    const objects = renderedObjects(terraform(several));
    expect(new Set(objects.map(({ kind }) => kind)).size).toBe(7);
    expect(objects.flatMap(schemaFindings)).toEqual([]);
  });

  test("are refused with every finding at once", () => {
    const refused = findings((stack) =>
      queues(stack, (cluster) => ({
        name: "Training",
        capacities: {
          A_B: {
            pool: somePool(cluster, { machineType: "z9-mega-1", acceleratorResource: undefined }),
            nodesMax: 0,
            queuedProvisioning: true,
          },
        },
        namespaces: ["a", "a", "B"],
        priorities: {},
        startSeconds: 1,
        imageRegistry: "https://mirror",
        chartRegistry: "",
      })),
    );
    const registry =
      "use a registry, or registry/path of a repository in it, without https:// and without a tag";
    const label = "use 1 to 63 lower-case letters, digits and hyphens, no hyphen first or last";
    expect(refused.map(({ property, remedy }) => [property, remedy])).toEqual([
      ["name", label],
      [
        "capacities.A_B",
        "use 1 to 253 lower-case letters, digits, hyphens and dots, a letter or digit first and last of each part",
      ],
      ["capacities.A_B.nodesMax", "use a whole number from 1 to 15000"],
      [
        "capacities.A_B.pool",
        "use a machine type of the catalog: of this one nobody knows what jobs can have",
      ],
      ["capacities.A_B.queuedProvisioning", "leave it out: only nodes with accelerators come so"],
      ["namespaces", "state it once"],
      ["namespaces", label],
      ["priorities", "state at least one"],
      ["startSeconds", "use a whole number from 60 to 86400"],
      ["imageRegistry", registry],
      ["chartRegistry", registry],
    ]);
    expect(findings((stack) => queues(stack, () => ({ capacities: {}, namespaces: [] })))).toEqual([
      { property: "capacities", received: [], remedy: "state at least one" },
      { property: "namespaces", received: [], remedy: "state at least one" },
    ]);
  });

  test("install the controllers once in a cluster, and name nothing as other queues do", () => {
    const second = (stack: TerraformStack, choices: Partial<TrainingQueuesProps>) => {
      const cluster = someCluster(stack);
      const capacities = { l4: { pool: somePool(cluster), nodesMax: 8 } };
      new TrainingQueues(stack, "First", { cluster, capacities });
      const own = { name: "own", namespaces: ["own"], priorities: { own: 1 } };
      new TrainingQueues(stack, "Second", {
        cluster,
        capacities: { own: capacities.l4 },
        ...own,
        ...choices,
      });
    };
    expect(findings((stack) => second(stack, { controllersInstalled: true }))).toEqual([]);
    expect(findings((stack) => second(stack, {}))).toEqual([
      {
        property: "controllersInstalled",
        received: false,
        remedy: "set it to true: stack/First/Controllers installs them in this cluster",
      },
    ]);
    expect(
      findings((stack) => second(stack, { controllersInstalled: true, priorities: { research: 1 } })),
    ).toEqual([
      {
        property: "objects",
        received: "WorkloadPriorityClass/research",
        remedy: "use another name: stack/First/Chart has it in the same cluster",
      },
    ]);
  });
});

function quota(cpu: string, memory: string, gpu: string, tpu: string) {
  return [
    { name: "cpu", nominalQuota: cpu },
    { name: "memory", nominalQuota: memory },
    { name: "nvidia.com/gpu", nominalQuota: gpu },
    { name: "google.com/tpu", nominalQuota: tpu },
  ];
}

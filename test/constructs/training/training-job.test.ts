import type { TerraformStack } from "cdktf";
import { DatasetBucket, TrainingJob, type TrainingJobProps, WorkloadIdentity } from "../../../constructs";
import { onlyObject, renderedObjects } from "../../support/helm-template";
import { schemaFindings } from "../../support/kubernetes-schemas";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";
import { somePool, tpuSlice, trainingGround } from "../../support/training-pools";

type Ground = ReturnType<typeof trainingGround>;
type Choices = Partial<TrainingJobProps> | ((ground: Ground) => Partial<TrainingJobProps>);

const image = "europe-west4-docker.pkg.dev/acme-ml-dev/images/trainer:1.4.0";

function job(stack: TerraformStack, choices: Choices = {}): TrainingJob {
  const ground = trainingGround(stack);
  const chosen = typeof choices === "function" ? choices(ground) : choices;
  const pool = "pool" in chosen ? undefined : { pool: somePool(ground.cluster) };
  const { checkpoints, queue } = ground;
  return new TrainingJob(stack, "Job", {
    name: "finetune",
    image,
    queue,
    checkpoints,
    ...pool,
    ...chosen,
  } as TrainingJobProps);
}

function terraform(choices?: Choices) {
  return terraformOf((stack) => job(stack, choices));
}

function jobSet(choices?: Choices) {
  return onlyObject(terraform(choices), "JobSet");
}

function podOf(choices?: Choices) {
  return jobSet(choices).spec.replicatedJobs[0].template.spec.template;
}

function environmentOf(choices?: Choices): Record<string, string> {
  const [{ env }] = podOf(choices).spec.containers;
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }: Record<string, unknown>) => [name, value ?? valueFrom]),
  );
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: what a shell fills in, and not Terraform
const literal = "${HOME}";

describe("a training job", () => {
  test("waits in its queue, with the queue's lowest priority unless it has another", () => {
    expect(jobSet()).toMatchObject({
      metadata: {
        name: "finetune",
        namespace: "training",
        labels: { "kueue.x-k8s.io/queue-name": "training", "kueue.x-k8s.io/priority-class": "research" },
      },
      spec: { suspend: true },
    });
    expect(jobSet({ priority: "production" }).metadata.labels).toMatchObject({
      "kueue.x-k8s.io/priority-class": "production",
    });
  });

  test("mounts the checkpoint bucket, and is told the folder of its run, how many stay and where the others go", () => {
    const { spec } = podOf();
    expect(spec.volumes[0]).toEqual({
      name: "checkpoints",
      csi: {
        driver: "gcsfuse.csi.storage.gke.io",
        readOnly: false,
        volumeAttributes: {
          bucketName: expect.stringMatching(/^\$\{google_storage_bucket\.Checkpoints_\w+\.name\}$/),
          mountOptions: "uid=1000,gid=1000,metadata-cache:ttl-secs:0,metadata-cache:negative-ttl-secs:0",
        },
      },
    });
    expect(spec.containers[0].volumeMounts[0]).toEqual({ name: "checkpoints", mountPath: "/checkpoints" });
    expect(environmentOf()).toMatchObject({
      CHECKPOINT_URI: "file:///checkpoints/finetune",
      CHECKPOINT_SUPERSEDED_URI: "file:///checkpoints/superseded",
      CHECKPOINT_KEEP_LAST: "5",
      CHECKPOINT_EVERY_SECONDS: "600",
      CHECKPOINT_GRACE_SECONDS: "120",
    });
  });

  test("goes on with another job's run, where it names it", () => {
    expect(environmentOf({ run: "bard-7b.2", checkpointEverySeconds: 60 })).toMatchObject({
      CHECKPOINT_URI: "file:///checkpoints/bard-7b.2",
      CHECKPOINT_EVERY_SECONDS: "60",
    });
  });

  test("has two minutes for a last checkpoint, and of a Spot node the 15 seconds that it gives", () => {
    expect(podOf().spec.terminationGracePeriodSeconds).toBe(120);
    const spot = ({ cluster }: Ground) => ({ pool: somePool(cluster, { spot: true }) });
    expect(podOf(spot).spec.terminationGracePeriodSeconds).toBe(15);
    expect(environmentOf(spot)).toMatchObject({ CHECKPOINT_GRACE_SECONDS: "15" });
    expect(podOf({ graceSeconds: 600 }).spec.terminationGracePeriodSeconds).toBe(600);
  });

  test("takes the bucket of nodes that have one, and any other only where that is named", () => {
    const text = JSON.stringify(
      terraformOf((stack) => {
        const { cluster, checkpoints, queue } = trainingGround(stack);
        const pool = somePool(cluster, { spot: true as boolean, checkpoints });
        const made = new TrainingJob(stack, "Job", { name: "finetune", image, queue, pool });
        expect(made.checkpoints).toBe(checkpoints);
      }),
    );
    expect(text).toContain("gcsfuse.csi.storage.gke.io");
  });

  test("starts again as a whole: after a node was taken away without end, after an error a few times, and never after a refusal", () => {
    const { failurePolicy, replicatedJobs, successPolicy } = jobSet({ maxRestarts: 5 }).spec;
    expect(failurePolicy).toEqual({
      maxRestarts: 5,
      restartStrategy: "BlockingRecreate",
      rules: [
        {
          name: "refused",
          action: "FailJobSet",
          onJobFailureReasons: ["PodFailurePolicy"],
          onJobFailureMessagePatterns: ["failed with exit code 2 matching"],
        },
        {
          name: "preempted",
          action: "RestartJobSetAndIgnoreMaxRestarts",
          onJobFailureReasons: ["PodFailurePolicy"],
          onJobFailureMessagePatterns: [
            "has condition DisruptionTarget matching",
            "failed with exit code 143 matching",
          ],
        },
      ],
    });
    expect(successPolicy).toEqual({ operator: "All" });
    expect(replicatedJobs[0].template.spec).toMatchObject({
      backoffLimit: 0,
      podReplacementPolicy: "Failed",
      podFailurePolicy: {
        rules: [
          { action: "FailJob", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          { action: "FailJob", onExitCodes: { containerName: "trainer", operator: "In", values: [2, 143] } },
        ],
      },
      template: { spec: { restartPolicy: "Never", containers: [{ name: "trainer" }] } },
    });
  });

  test("is not moved to empty a node, and leaves what mounts its bucket as much as that needs", () => {
    expect(podOf().metadata.annotations).toEqual({
      "gke-gcsfuse/volumes": "true",
      "gke-gcsfuse/cpu-limit": "0",
      "gke-gcsfuse/memory-limit": "0",
      "gke-gcsfuse/ephemeral-storage-limit": "0",
      "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    });
  });

  test("names its failure rules as JobSet's webhook has it, which no schema says", () => {
    const { rules } = jobSet().spec.failurePolicy;
    expect(rules).toHaveLength(2);
    for (const { name } of rules) expect(name).toMatch(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/);
  });

  test("runs on one node with all its accelerators and three quarters of the rest", () => {
    const { replicas, template } = jobSet().spec.replicatedJobs[0];
    expect(replicas).toBe(1);
    expect(template.spec).toMatchObject({ parallelism: 1, completions: 1, completionMode: "Indexed" });
    expect(podOf().spec).toMatchObject({
      nodeSelector: { "cloud.google.com/gke-nodepool": "l4" },
      containers: [
        {
          image,
          resources: {
            requests: { cpu: "6", memory: "24Gi", "nvidia.com/gpu": "1" },
            limits: { memory: "24Gi", "nvidia.com/gpu": "1" },
          },
        },
      ],
    });
    expect(podOf().spec.volumes).toContainEqual({
      name: "shared-memory",
      emptyDir: { medium: "Memory", sizeLimit: "12Gi" },
    });
    expect(jobSet().metadata.annotations).toBeUndefined();
  });

  test("runs on several nodes that find each other", () => {
    const { replicas, template } = jobSet({ nodes: 3 }).spec.replicatedJobs[0];
    expect([replicas, template.spec.parallelism, template.spec.completions]).toEqual([1, 3, 3]);
    expect(environmentOf({ nodes: 3 })).toMatchObject({
      NNODES: "3",
      MASTER_ADDR: "finetune-worker-0-0.finetune",
      MASTER_PORT: "29500",
      SLICE: { fieldRef: { fieldPath: "metadata.labels['jobset.sigs.k8s.io/job-index']" } },
    });
    expect(jobSet().spec.network).toEqual({ enableDNSHostnames: true, publishNotReadyAddresses: true });
  });

  test("runs on whole slices of TPUs, each in a node pool that no other has", () => {
    const tpus =
      (nodes?: number) =>
      ({ cluster }: Ground) => ({ nodes, pool: somePool(cluster, tpuSlice) });
    const { metadata, spec } = jobSet(tpus());
    expect(metadata.annotations).toEqual({
      "alpha.jobset.sigs.k8s.io/exclusive-topology": "cloud.google.com/gke-nodepool",
    });
    expect(spec.replicatedJobs[0]).toMatchObject({ replicas: 1, template: { spec: { parallelism: 4 } } });
    const two = jobSet(tpus(8)).spec.replicatedJobs[0];
    expect(two).toMatchObject({ replicas: 2, template: { spec: { parallelism: 4, completions: 4 } } });
    expect(two.template.spec.template.spec.containers[0].resources.limits).toMatchObject({
      "google.com/tpu": "4",
    });
  });

  test("tolerates what its nodes are tainted with", () => {
    const taint = {
      key: "cloud.google.com/gke-spot",
      operator: "Equal",
      value: "true",
      effect: "NoSchedule",
    } as const;
    expect(
      podOf(({ cluster }) => ({ pool: somePool(cluster, { tolerations: [taint] }) })).spec.tolerations,
    ).toEqual([taint]);
  });

  test("runs as nobody in particular, without rights on the node or the cluster", () => {
    const { spec } = podOf();
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsUser: 1_000,
        runAsGroup: 1_000,
        fsGroup: 1_000,
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            readOnlyRootFilesystem: true,
          },
        },
      ],
    });
    const root = podOf({ user: 0, writableRoot: true }).spec;
    expect(root.securityContext).toMatchObject({ runAsUser: 0, runAsNonRoot: false });
    expect(root.containers[0].securityContext).toMatchObject({
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: false,
    });
    expect(root.volumes[0].csi.volumeAttributes.mountOptions).toMatch(/^uid=0,gid=0,/);
  });

  test("has an account of its own, which Kubernetes' account of the cluster's pool acts as", () => {
    const text = terraform();
    expect(onlyResource(text, "google_service_account")).toMatchObject({
      account_id: "finetune",
      description: "Trains finetune",
    });
    expect(resources(text, "google_service_account_iam_member")).toEqual([
      expect.objectContaining({
        role: "roles/iam.workloadIdentityUser",
        member: "serviceAccount:some-project.svc.id.goog[training/finetune]",
      }),
    ]);
    expect(onlyObject(text, "ServiceAccount")).toMatchObject({
      metadata: {
        name: "finetune",
        namespace: "training",
        annotations: {
          "iam.gke.io/gcp-service-account": expect.stringMatching(
            /^\$\{google_service_account\.Job_Identity_\w+\.email\}$/,
          ),
        },
      },
    });
    expect(podOf().spec.serviceAccountName).toBe("finetune");
  });

  test("can write its checkpoints and read its datasets, and nothing else", () => {
    const text = terraform(({ key }) => ({
      datasets: {
        tickets: new DatasetBucket(key, "Tickets", {
          name: "some-project-tickets",
          key,
          dataClassification: "internal",
        }),
      },
      datasetCacheGiB: 100,
    }));
    expect(
      resources(text, "google_storage_bucket_iam_member").map(({ bucket, role }) => [
        String(bucket).replace(/.*\.(\w+?)_\w+\.name\}/, "$1"),
        role,
      ]),
    ).toEqual([
      ["Key", "roles/storage.objectViewer"],
      ["Checkpoints", "roles/storage.objectUser"],
    ]);
    const { volumes, containers } = onlyObject(text, "JobSet").spec.replicatedJobs[0].template.spec.template
      .spec;
    expect(volumes[1].csi).toMatchObject({
      readOnly: true,
      volumeAttributes: {
        mountOptions:
          "uid=1000,gid=1000,implicit-dirs,metadata-cache:ttl-secs:-1,file-cache:max-size-mb:102400,file-cache:enable-parallel-downloads:true",
      },
    });
    expect(containers[0].volumeMounts).toContainEqual({
      name: "dataset-tickets",
      mountPath: "/datasets/tickets",
      readOnly: true,
    });
  });

  test("runs as an account that it is given, under any name", () => {
    const text = terraformOf((stack) => {
      const identity = WorkloadIdentity.fromEmail(
        stack,
        "Trainer",
        "trainer@acme-ml-dev.iam.gserviceaccount.com",
      );
      expect(job(stack, { name: "a", identity }).identity).toBe(identity);
    });
    expect(resources(text, "google_service_account")).toEqual([]);
    expect(onlyObject(text, "ServiceAccount").metadata.annotations).toEqual({
      "iam.gke.io/gcp-service-account": "trainer@acme-ml-dev.iam.gserviceaccount.com",
    });
  });

  test("runs what it is told, with an environment of its own", () => {
    const options = {
      command: ["python3"],
      args: ["-m", "train", "$(NNODES)", literal],
      env: { EPOCHS: "3" },
    };
    const [container] = podOf(options).spec.containers;
    expect(container).toMatchObject({ command: ["python3"], args: ["-m", "train", "$(NNODES)", literal] });
    expect(environmentOf(options)).toMatchObject({ EPOCHS: "3", HOME: "/tmp" });
    expect(podOf().spec.containers[0]).not.toHaveProperty("command");
  });

  test("is replaced as a whole by any change, after its nodes, its queue and its grants are there", () => {
    const text = terraform();
    const release = onlyResource(text, "helm_release");
    expect(release).toMatchObject({ name: "finetune", namespace: "training", timeout: 420, atomic: true });
    expect(release.lifecycle).toEqual({
      replace_triggered_by: [expect.stringMatching(/^terraform_data\.Job_Chart_Objects_\w+$/)],
    });
    expect(onlyResource(text, "terraform_data").triggers_replace).toEqual({
      values: (release.values as string[])[0],
    });
    expect(release.depends_on).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^google_container_node_pool_stand_in\.Cluster_L4_/),
        expect.stringMatching(/^helm_release_stand_in\.Queue/),
        expect.stringMatching(/^google_storage_bucket_iam_member\./),
        expect.stringMatching(/^google_service_account_iam_member\./),
      ]),
    );
  });

  test("is what the schemas of Kubernetes and of JobSet take", () => {
    const objects = [
      ...renderedObjects(terraform()),
      ...renderedObjects(terraform(({ cluster }) => ({ nodes: 8, pool: somePool(cluster, tpuSlice) }))),
    ];
    expect(objects.map(({ kind }) => kind)).toEqual(["JobSet", "ServiceAccount", "JobSet", "ServiceAccount"]);
    expect(objects.flatMap(schemaFindings)).toEqual([]);
  });
});

describe("a training job is refused", () => {
  const refusals = (choices: Choices) => findings((stack) => job(stack, choices));

  test("without checkpoints, by the compiler and by the construct", () => {
    expect(
      findings((stack) => {
        const { cluster, queue } = trainingGround(stack);
        const pool = somePool(cluster, { spot: true });
        // @ts-expect-error: the pool has no bucket of its own
        new TrainingJob(stack, "Job", { name: "finetune", image, queue, pool });
      }),
    ).toEqual([
      {
        property: "checkpoints",
        received: undefined,
        remedy: "name a CheckpointBucket: without one, a node that is lost takes all work with it",
      },
    ]);
  });

  test("where a Spot node would not wait for it, with what to do instead", () => {
    const choices = ({ cluster }: Ground) => ({ graceSeconds: 60, pool: somePool(cluster, { spot: true }) });
    expect(refusals(choices)).toEqual([
      {
        property: "graceSeconds",
        received: 60,
        remedy:
          "use at most 15, which is what pods get when a Spot node is taken away. A checkpoint that takes longer cannot be counted on then: take one more often than every 600 s, by checkpointEverySeconds, or use nodes that are not Spot",
      },
    ]);
  });

  test("where another job writes the same run", () => {
    expect(
      findings((stack) => {
        const { cluster, queue, checkpoints } = trainingGround(stack);
        const shared = { image, queue, checkpoints, pool: somePool(cluster), run: "bard" };
        new TrainingJob(stack, "One", { ...shared, name: "finetune-one" });
        new TrainingJob(stack, "Two", { ...shared, name: "finetune-two" });
      }),
    ).toEqual([expect.objectContaining({ property: "run", received: "bard" })]);
  });

  test("on part of a slice", () => {
    expect(refusals(({ cluster }) => ({ nodes: 6, pool: somePool(cluster, tpuSlice) }))).toEqual([
      {
        property: "nodes",
        received: 6,
        remedy: "use 8: a slice of TPUs has 4 nodes, and none starts without the others",
      },
    ]);
  });

  test("that its queue would hold back for ever, having no such nodes or too few of them", () => {
    const refused = (chosen: (ground: Ground) => Partial<TrainingJobProps>) =>
      findings((stack) => {
        const ground = trainingGround(stack);
        const pool = somePool(ground.cluster);
        const queue = { ...ground.queue, capacities: [{ pool, nodesMax: 4 }] };
        const { checkpoints } = ground;
        new TrainingJob(stack, "Job", {
          name: "finetune",
          image,
          checkpoints,
          queue,
          pool,
          ...chosen(ground),
        } as TrainingJobProps);
      });
    expect(refused(() => ({ nodes: 4 }))).toEqual([]);
    expect(refused(() => ({ nodes: 5 }))).toEqual([
      {
        property: "nodes",
        received: 5,
        remedy:
          "use at most 4, or raise nodesMax in the queue's capacities: it hands out no more at a time, and the job would wait for ever",
      },
    ]);
    expect(refused(({ cluster }) => ({ pool: somePool(cluster, {}, "Other") }))).toEqual([
      {
        property: "pool",
        received: "stack/Cluster/Other",
        remedy:
          "use one of the queue's, stack/Cluster/L4, or add it to the queue's capacities: the job would wait for ever",
      },
    ]);
  });

  test("with pods that take a whole node, of which GKE keeps a part", () => {
    expect(findings((stack) => job(stack, { cpus: 7, memoryGiB: 31 }))).toEqual([]);
    expect(findings((stack) => job(stack, { cpus: 8, memoryGiB: 32 }))).toEqual([
      { property: "cpus", received: 8, remedy: "use a whole number from 1 to 7" },
      { property: "memoryGiB", received: 32, remedy: "use a whole number from 1 to 31" },
    ]);
  });

  test("in a cluster that mounts no buckets", () => {
    expect(
      findings((stack) => {
        const { cluster, queue, checkpoints } = trainingGround(stack, { bucketMounts: false });
        new TrainingJob(stack, "Job", {
          name: "finetune",
          image,
          queue,
          checkpoints,
          pool: somePool(cluster),
        });
      }),
    ).toEqual([expect.objectContaining({ property: "pool" })]);
  });

  test("on machines that the catalog lacks, unless it says what to ask for", () => {
    const unknown = ({ cluster }: Ground) => ({ pool: somePool(cluster, { machineType: "z9-mega-1" }) });
    expect(refusals(unknown)).toEqual([
      expect.objectContaining({ property: "cpus" }),
      expect.objectContaining({ property: "memoryGiB" }),
    ]);
    expect(refusals((ground) => ({ ...unknown(ground), cpus: 4, memoryGiB: 16 }))).toEqual([]);
  });

  test("with every finding at once", () => {
    expect(
      refusals({
        name: "Fine_tune",
        image: "no image",
        env: { MASTER_PORT: "1", "a b": "2" },
        nodes: 0,
        run: "superseded",
        checkpointEverySeconds: 0,
        graceSeconds: 1.5,
        datasetCacheGiB: 10,
        user: -1,
        maxRestarts: -1,
        ttlSecondsAfterFinished: -1,
        priority: "reserch",
      }).map(({ property, remedy }) => [property, remedy]),
    ).toEqual([
      ["name", "use 1 to 40 lower-case letters, digits and hyphens, a letter first, no hyphen last"],
      ["name", expect.stringContaining("use 6 to 30 lower-case letters")],
      ["image", "use registry/path:tag or registry/path@sha256:digest"],
      ["env.MASTER_PORT", "leave it out: the job sets it"],
      ["env.a b", "use letters, digits and underscores, no digit first"],
      ["nodes", "use a whole number from 1 to 9999"],
      ["checkpointEverySeconds", "use a whole number from 1 to 86400"],
      ["run", "use another name: the bucket empties this folder"],
      ["graceSeconds", "use a whole number from 0 to 3600"],
      ["datasetCacheGiB", "leave it out: there are no datasets to keep"],
      ["user", "use a whole number from 0 to 2147483647"],
      ["maxRestarts", "use a whole number from 0 to 1000"],
      ["ttlSecondsAfterFinished", "use a whole number from 0 to 2147483647"],
      ["priority", 'did you mean "research"? Use one of the queue\'s, research, production'],
    ]);
  });
});

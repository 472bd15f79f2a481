import type { TerraformStack } from "cdktf";
import { CapacityFallback, type CapacityFallbackProps, TrainingJob } from "../../../constructs";
import { someCluster } from "../../support/cluster";
import { onlyObject, renderedObjects } from "../../support/helm-template";
import { schemaFindings } from "../../support/kubernetes-schemas";
import { findings, terraformOf } from "../../support/terraform";
import { trainingGround } from "../../support/training-pools";

function fallback(stack: TerraformStack, choices: Partial<CapacityFallbackProps> = {}): CapacityFallback {
  return new CapacityFallback(stack, "Fallback", {
    cluster: choices.cluster ?? someCluster(stack),
    name: "l4-anyhow",
    machineType: "g2-standard-8",
    ...choices,
  });
}

function specOf(choices?: Partial<CapacityFallbackProps>) {
  return onlyObject(
    terraformOf((stack) => fallback(stack, choices)),
    "ComputeClass",
  ).spec;
}

const machine = {
  machineType: "g2-standard-8",
  gpu: { type: "nvidia-l4", count: 1, driverVersion: "default" },
  storage: {
    bootDiskKMSKey: expect.stringMatching(/^\$\{google_kms_crypto_key_iam_member\.\w+\.crypto_key_id\}$/),
  },
};
const location = { zones: ["europe-west4-a", "europe-west4-b", "europe-west4-c"], locationPolicy: "ANY" };

describe("a capacity fallback", () => {
  test("takes machines on demand, then by flex-start, then Spot ones", () => {
    expect(specOf().priorities).toEqual([
      { ...machine, location, spot: false },
      { ...machine, location, spot: false, flexStart: { enabled: true }, maxRunDurationSeconds: 604_800 },
      { ...machine, location, spot: true },
    ]);
  });

  test("takes those of a reservation first, which says itself where they are", () => {
    const { priorities } = specOf({ reservation: "l4-2027" });
    expect(priorities).toHaveLength(4);
    expect(priorities[0]).toEqual({
      ...machine,
      spot: false,
      reservations: { affinity: "Specific", specific: [{ name: "l4-2027" }] },
    });
  });

  test("takes a reservation by the path that pools take, and tells the compute class its parts", () => {
    const specificOf = (reservation: string) => specOf({ reservation }).priorities[0].reservations.specific;
    const path = "projects/acme-capacity/reservations/l4-2027";
    expect(specificOf(path)).toEqual([{ name: "l4-2027", project: "acme-capacity" }]);
    expect(specificOf(`${path}/reservationBlocks/block-1`)).toEqual([
      { name: "l4-2027", project: "acme-capacity", reservationBlock: { name: "block-1" } },
    ]);
    expect(specificOf("l4-2027/reservationBlocks/block-1/reservationSubBlocks/sub-2")).toEqual([
      {
        name: "l4-2027",
        reservationBlock: { name: "block-1", reservationSubBlock: { name: "sub-2" } },
      },
    ]);
  });

  test("takes them in the order that it is told, where it is told", () => {
    const { priorities } = specOf({
      sources: ["spot", "flex-start"],
      zones: ["europe-west4-b"],
      flexStartRunSeconds: 86_400,
      driverVersion: "latest",
    });
    expect(priorities).toMatchObject([
      { spot: true, location: { zones: ["europe-west4-b"] }, gpu: { driverVersion: "latest" } },
      { spot: false, maxRunDurationSeconds: 86_400 },
    ]);
  });

  test("takes machines without accelerators on demand and as Spot ones, since none come by flex-start", () => {
    const location = { zones: expect.any(Array), locationPolicy: "ANY" };
    expect(specOf({ machineType: "c3-standard-8" }).priorities).toMatchObject([
      { machineType: "c3-standard-8", location, spot: false },
      { machineType: "c3-standard-8", location, spot: true },
    ]);
    expect(
      findings((stack) => fallback(stack, { machineType: "c3-standard-8", sources: ["flex-start"] })),
    ).toEqual([
      {
        property: "sources",
        received: "flex-start",
        remedy: "leave it out: c3-standard-8 comes by on-demand, spot, reservation only",
      },
    ]);
  });

  test("looks for no machine in a way in which it is not to be had", () => {
    const zones = ["europe-west4-b"];
    const refused = (choices: Partial<CapacityFallbackProps>) =>
      findings((stack) => fallback(stack, { zones, ...choices }));
    expect(specOf({ machineType: "a3-highgpu-1g", zones }).priorities).toMatchObject([
      { spot: false, flexStart: { enabled: true } },
      { spot: true },
    ]);
    expect(refused({ machineType: "a3-highgpu-1g", sources: ["on-demand", "spot"] })).toEqual([
      {
        property: "sources",
        received: "on-demand",
        remedy: "leave it out: a3-highgpu-1g comes by spot, flex-start only",
      },
    ]);
    expect(refused({ machineType: "a4x-highgpu-4g" })).toContainEqual({
      property: "sources",
      received: [],
      remedy: "name a reservation: a4x-highgpu-4g comes by no other way",
    });
  });

  test("has GKE make private nodes as asked for or none, and leaves jobs where they are", () => {
    expect(specOf({ idleMinutes: 5 })).toMatchObject({
      whenUnsatisfiable: "DoNotScaleUp",
      activeMigration: { optimizeRulePriority: false },
      autoscalingPolicy: { consolidationDelayMinutes: 5 },
      nodePoolAutoCreation: { enabled: true },
      nodePoolConfig: {
        serviceAccount: "plinth-nodes@some-project.iam.gserviceaccount.com",
        imageType: "cos_containerd",
        imageStreaming: { enabled: true },
        ipType: "private",
      },
    });
  });

  test("is what a job runs on, which reckons with Spot nodes where it may get one", () => {
    const graceOf = (sources?: CapacityFallbackProps["sources"]) =>
      onlyObject(
        terraformOf((stack) => {
          const { cluster, checkpoints, queue } = trainingGround(stack);
          const pool = fallback(stack, { cluster, sources });
          const image = "europe-west4-docker.pkg.dev/acme-ml-dev/images/trainer:1.4.0";
          new TrainingJob(stack, "Job", { name: "finetune", image, queue, pool, checkpoints });
        }),
        "JobSet",
      ).spec.replicatedJobs[0].template.spec.template.spec;
    expect(graceOf()).toMatchObject({
      nodeSelector: { "cloud.google.com/compute-class": "l4-anyhow" },
      terminationGracePeriodSeconds: 15,
      containers: [{ resources: { limits: { "nvidia.com/gpu": "1" } } }],
    });
    expect(graceOf(["on-demand"]).terminationGracePeriodSeconds).toBe(120);
  });

  test("is what the schema of a compute class takes", () => {
    const path = "projects/acme-capacity/reservations/l4-2027/reservationBlocks/b/reservationSubBlocks/s";
    for (const reservation of ["l4-2027", path]) {
      const objects = renderedObjects(terraformOf((stack) => fallback(stack, { reservation })));
      expect(objects).toHaveLength(1);
      expect(objects.flatMap(schemaFindings)).toEqual([]);
    }
  });

  test("is refused with every finding at once", () => {
    const refused = (choices: Partial<CapacityFallbackProps>) =>
      findings((stack) => fallback(stack, choices)).map(({ property, remedy }) => [property, remedy]);
    expect(
      refused({
        name: "L4",
        machineType: "g2-standard-9",
        sources: ["spot", "spot", "reservation"],
        zones: ["us-east1-b"],
        flexStartRunSeconds: 604_801,
        idleMinutes: 0,
      }),
    ).toEqual([
      ["name", expect.stringContaining("use 1 to 63")],
      [
        "machineType",
        expect.stringMatching(/^did you mean "g2-standard-\d+"\? Use a machine type of the catalog$/),
      ],
      ["sources", "state it once"],
      ["reservation", "name it, or leave it out of sources"],
      ["zones", "use zones of the cluster: europe-west4-a, europe-west4-b, europe-west4-c"],
      ["flexStartRunSeconds", "use a whole number from 600 to 604800"],
      ["idleMinutes", "use a whole number from 1 to 1440"],
    ]);
    expect(refused({ sources: [], reservation: "a" })).toEqual([
      ["sources", "state at least one"],
      ["reservation", "leave it out, or add it to sources"],
    ]);
    expect(refused({ reservation: "projects/P/reservations/l4-2027" })).toEqual([
      [
        "reservation",
        "use the reservation's name, or projects/P/reservations/R for one that another project shares",
      ],
    ]);
    expect(refused({ zones: [] })).toEqual([["zones", "state at least one"]]);
    expect(refused({ machineType: "ct5lp-hightpu-4t" })).toContainEqual([
      "machineType",
      "use a machine with GPUs or with none: slices of TPUs are node pools of their own",
    ]);
  });
});

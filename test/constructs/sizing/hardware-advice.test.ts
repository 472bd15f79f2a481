import { Annotations, Token } from "cdktf";
import {
  Accelerator,
  ConstructError,
  type Framework,
  type HardwareRequest,
  hardwareWarnings,
  recommendHardware,
  regions,
  warnOfHardware,
} from "../../../constructs";
import { acceleratorFacts, findZones } from "../../../constructs/catalog/accelerators";
import { machineType, zonesOfMachine } from "../../../constructs/catalog/machine-types";
import { acceleratorPrice, machinePrice } from "../../../constructs/catalog/prices";
import { regionOf } from "../../../constructs/catalog/regions";
import { type TpuAccelerator, tpuGenerations } from "../../../constructs/catalog/tpu-topologies";
import { findTpuSlice } from "../../../constructs/compute/tpu-slice";
import { offeredAccelerators } from "../../../constructs/sizing/accelerator-offers";
import { hardwareWork } from "../../../constructs/sizing/hardware-request";
import { memoryNeed } from "../../../constructs/sizing/memory-need";
import { terraformOf } from "../../support/terraform";

const GB = 1e9;
const GIB = 1024 ** 3;

const chat: HardwareRequest = {
  framework: "pytorch",
  workload: "online-inference",
  architecture: "transformer",
  modelBytes: 16 * GB,
};

function rejection(request: HardwareRequest, alternative: string): string | undefined {
  return recommendHardware(request).rejected.find((one) => one.alternative === alternative)?.reason;
}

describe("advice on hardware", () => {
  test("keeps scikit-learn on a CPU with an optimised build, and says why not a GPU", () => {
    const request: HardwareRequest = {
      framework: "scikit-learn",
      workload: "training",
      modelBytes: 0.2 * GB,
    };
    const { choice, reasons } = recommendHardware(request);
    expect(choice).toMatchObject({ kind: "cpu", count: 0, machines: 1, where: "gke-job" });
    expect(choice).not.toHaveProperty("accelerator");
    expect(choice.runtime).toContain("oneDAL");
    expect(machineType(choice.machineType)?.instructionSets).toContain("amx");
    expect(reasons[0]).toContain("optimised build");
    expect(rejection(request, "gpu")).toContain("gains nothing from a GPU");
    expect(rejection(request, "tpu")).toContain("no TPU-ready API");
  });

  test.each<Framework>(["xgboost", "lightgbm"])(
    "keeps %s on a CPU, where it answers on Cloud Run",
    (framework) => {
      const { choice } = recommendHardware({ framework, workload: "online-inference", modelBytes: 0.2 * GB });
      expect(choice).toMatchObject({ kind: "cpu", where: "cloud-run" });
      expect(choice.runtime).toContain("ONNX");
    },
  );

  test("sends PyTorch and convolutions without a TPU-ready API to GPUs", () => {
    const request: HardwareRequest = {
      framework: "pytorch",
      workload: "training",
      architecture: "cnn",
      modelBytes: GB,
    };
    const { choice } = recommendHardware(request);
    expect(choice).toMatchObject({ kind: "gpu", where: "gke-job" });
    expect(rejection(request, "tpu")).toContain("no TPU-ready API");
    expect(rejection(request, "cpu")).toBeDefined();
  });

  test.each<Framework>(["jax", "tensorflow", "pytorch-xla"])(
    "sends weeks of matrices in %s to TPUs",
    (framework) => {
      const request: HardwareRequest = {
        framework,
        workload: "training",
        architecture: "transformer",
        modelBytes: 2 * GB,
        trainingDays: 28,
      };
      const { choice, reasons } = recommendHardware(request);
      expect(choice).toMatchObject({ kind: "tpu", where: "gke-job" });
      expect(reasons[0]).toContain("28 days of training");
      expect(rejection(request, "gpu")).toBeDefined();
      for (const unfit of [{ customOperations: true }, { doublePrecision: true }, { dynamicBranching: true }])
        expect(recommendHardware({ ...request, ...unfit }).choice.kind).toBe("gpu");
    },
  );

  test("gives double precision a GPU that is made for it", () => {
    const request: HardwareRequest = {
      framework: "jax",
      workload: "training",
      modelBytes: GB,
      doublePrecision: true,
    };
    const { accelerator } = recommendHardware(request).choice;
    expect(acceleratorFacts(accelerator as Accelerator).denseTflops.fp64).toBeGreaterThan(5);
    expect(rejection(request, Accelerator.NVIDIA_L4)).toContain("made for it");
  });

  test.each([
    ["models", { modelBytes: 60 * GB }],
    ["batches", { modelBytes: GB, batch: 256, itemBytes: 0.3 * GB }],
  ])("gives very large %s accelerators with much memory", (_, size) => {
    const request: HardwareRequest = { ...chat, ...size };
    const { accelerator, count } = recommendHardware(request).choice;
    const { memoryGiB } = acceleratorFacts(accelerator as Accelerator);
    expect(memoryGiB).toBeGreaterThanOrEqual(80);
    expect(count * memoryGiB * 0.9 * GIB).toBeGreaterThanOrEqual(memoryNeed(hardwareWork(request)));
    expect(rejection(request, Accelerator.NVIDIA_L4)).toContain("accelerators with much memory");
  });

  test("answers within 50 ms from a large model on a GPU endpoint with an optimised runtime", () => {
    const request: HardwareRequest = { ...chat, latencyMs: 25 };
    const { choice } = recommendHardware(request);
    expect(choice).toMatchObject({ kind: "gpu", where: "gke-endpoint", runtime: "vLLM or TensorRT-LLM" });
    const { memoryGBps } = acceleratorFacts(choice.accelerator as Accelerator);
    expect((16 * GB) / (choice.count * memoryGBps * 1e9)).toBeLessThanOrEqual(0.025);
    expect(rejection(request, "cpu")).toContain("an answer within 25 ms");
    expect(
      recommendHardware({ ...request, framework: "onnxruntime", architecture: "cnn" }).choice.runtime,
    ).toContain("TensorRT");
  });

  test("gives transformers accelerators that compute in bfloat16", () => {
    const { accelerator } = recommendHardware({ ...chat, modelBytes: 4 * GB }).choice;
    expect(acceleratorFacts(accelerator as Accelerator).denseTflops).toHaveProperty("bf16");
    expect(rejection(chat, Accelerator.NVIDIA_T4)).toContain("does not compute in");
  });

  test("says of each other accelerator by what it is more or less", () => {
    expect(rejection(chat, Accelerator.NVIDIA_H100_80GB)).toMatch(
      /^a3-highgpu-1g at \$[\d.]+ an hour(?: in other regions)?, and g2-standard-4 at \$[\d.]+ an hour$/,
    );
  });

  test("prices a GPU that is added to a machine with that machine, and gives it processors that keep up", () => {
    const request: HardwareRequest = {
      framework: "onnxruntime",
      workload: "online-inference",
      architecture: "cnn",
      modelBytes: 0.1 * GB,
      region: "europe-west4",
    };
    const { choice } = recommendHardware(request);
    const [machine, gpu] = [
      machinePrice("n1-standard-4", "europe-west4"),
      acceleratorPrice(Accelerator.NVIDIA_T4, "europe-west4"),
    ].map((price) => price?.onDemandUsdPerHour ?? Number.NaN);
    expect(choice).toMatchObject({ accelerator: Accelerator.NVIDIA_T4, machineType: "n1-standard-4" });
    expect(choice.usdPerHour).toBeCloseTo(machine + gpu);
  });

  test("pays somewhat more by the hour for what ends so much sooner, and says what each computes", () => {
    const request: HardwareRequest = {
      framework: "pytorch",
      workload: "training",
      architecture: "cnn",
      modelBytes: 0.1 * GB,
      region: "europe-west4",
    };
    expect(recommendHardware(request).choice.accelerator).toBe(Accelerator.NVIDIA_L4);
    expect(rejection(request, Accelerator.NVIDIA_T4)).toMatch(
      /^n1-standard-4 at \$[\d.]+ an hour for 65 TFLOPS, and g2-standard-4 at \$[\d.]+ an hour for 121 TFLOPS$/,
    );
    expect(rejection(request, Accelerator.NVIDIA_H100_80GB)).toContain("for 990 TFLOPS");
  });

  test("leaves out GPUs that frameworks have left behind", () => {
    expect(rejection({ ...chat, architecture: "cnn" }, Accelerator.NVIDIA_P4)).toContain("before Turing");
  });

  test("keeps a large forest that must answer fast on a CPU", () => {
    const request: HardwareRequest = {
      framework: "xgboost",
      workload: "online-inference",
      modelBytes: 2 * GB,
      latencyMs: 20,
      region: "europe-west4",
    };
    expect(recommendHardware(request).choice).toMatchObject({ kind: "cpu", where: "cloud-run" });
    expect(hardwareWarnings({ ...request, machineType: "c3-standard-4" })).toEqual([]);
  });

  test("gives a GPU what a CPU cannot read in time, though it is not large", () => {
    const request: HardwareRequest = { ...chat, framework: "onnxruntime", modelBytes: 0.6 * GB };
    expect(recommendHardware({ ...request, latencyMs: 45 }).choice.kind).toBe("cpu");
    expect(recommendHardware({ ...request, latencyMs: 10 }).choice.kind).toBe("gpu");
  });

  test.each([14, 50, 140, 400])("names slices of TPUs that there are, for %i GB of weights", (gigabytes) => {
    const regionsWithTpus = new Set(
      tpuGenerations().flatMap(({ accelerator }) => findZones(accelerator).map(regionOf)),
    );
    for (const region of regions.filter((name) => regionsWithTpus.has(name))) {
      const { choice } = recommendHardware({
        framework: "jax",
        workload: "training",
        architecture: "transformer",
        modelBytes: gigabytes * GB,
        trainingDays: 30,
        region,
      });
      if (choice.kind !== "tpu") continue;
      const slice = findTpuSlice({
        accelerator: choice.accelerator as TpuAccelerator,
        topology: choice.topology ?? "",
        chipsPerNode: choice.count,
      });
      expect(slice).toMatchObject({ machineType: choice.machineType, nodes: choice.machines });
    }
  });

  test("says what no accelerator can keep", () => {
    const { warnings } = recommendHardware({ ...chat, modelBytes: 400 * GB, latencyMs: 1 });
    expect(warnings).toEqual(expect.arrayContaining([expect.stringContaining("quantise them")]));
  });

  test("divides over machines what none of them holds", () => {
    const { choice, warnings } = recommendHardware({
      framework: "jax",
      workload: "training",
      modelBytes: 800 * GB,
    });
    expect(choice.machines).toBeGreaterThan(1);
    expect(warnings[0]).toContain(`${choice.machines} machines of ${choice.machineType}`);
  });

  test("leaves a small model to a CPU", () => {
    const { choice } = recommendHardware({ ...chat, modelBytes: 0.005 * GB });
    expect(choice).toMatchObject({ kind: "cpu", where: "cloud-run" });
  });

  test("stays in its region, and names what that lacks", () => {
    const request: HardwareRequest = { ...chat, region: "europe-west4" };
    const { choice } = recommendHardware(request);
    expect(choice.zones.length).toBeGreaterThan(0);
    const offered = zonesOfMachine(
      machineType(choice.machineType) as NonNullable<ReturnType<typeof machineType>>,
    );
    for (const zone of choice.zones) {
      expect(zone).toMatch(/^europe-west4-/);
      expect(offered).toContain(zone);
    }
    const bare = regions.find((region) =>
      [...offeredAccelerators("gpu"), ...offeredAccelerators("tpu")].every(
        (accelerator) => findZones(accelerator, region).length === 0,
      ),
    );
    expect(() => recommendHardware({ ...chat, latencyMs: 20, region: bare })).toThrow(
      new RegExp(
        `^recommendHardware: region {2}got "${bare}": use another, nearest [a-z]+-[a-z]+\\d+: no machine`,
      ),
    );
  });

  test("names every alternative once, with its reason", () => {
    const { rejected } = recommendHardware(chat);
    const names = rejected.map(({ alternative }) => alternative);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(["cpu", "tpu", Accelerator.NVIDIA_A100_80GB]));
    for (const { reason } of rejected) expect(reason).not.toBe("");
  });

  test("refuses what it cannot judge, all of it at once", () => {
    const wrong = {
      framework: "sklearn" as Framework,
      workload: "inference" as "training",
      architecture: "mlp" as "other",
      modelBytes: 0,
      batch: -1,
      itemBytes: Number.NaN,
      latencyMs: 0,
      trainingDays: -3,
      region: "europe-west99",
    };
    try {
      recommendHardware(wrong);
      throw new Error("not refused");
    } catch (error) {
      if (!(error instanceof ConstructError)) throw error;
      expect(error.findings.map(({ property }) => property)).toEqual(Object.keys(wrong));
      expect(error.findings[0].remedy).toContain("Use one of scikit-learn");
    }
  });
});

describe("a construct that knows its workload", () => {
  test("warns at synth", () => {
    const add = jest.spyOn(Annotations.prototype, "addWarning");
    terraformOf((stack) =>
      warnOfHardware(stack, {
        framework: "scikit-learn",
        workload: "training",
        modelBytes: GB,
        accelerator: Accelerator.NVIDIA_L4,
      }),
    );
    expect(add.mock.calls).toEqual([["scikit-learn computes on the CPU and gains nothing from a GPU"]]);
    add.mockRestore();
  });

  test("says nothing of an accelerator that is known at apply only", () => {
    const accelerator = Token.asString({ resolve: () => "nvidia-l4" }) as Accelerator;
    const warn = () =>
      terraformOf((stack) =>
        warnOfHardware(stack, {
          framework: "scikit-learn",
          workload: "training",
          modelBytes: GB,
          accelerator,
        }),
      );
    expect(warn).not.toThrow();
  });
});

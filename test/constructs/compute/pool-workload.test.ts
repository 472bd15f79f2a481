import { Annotations, type TerraformStack } from "cdktf";
import {
  Accelerator,
  CpuServingPool,
  GpuNodePool,
  type HardwareRequest,
  TpuNodePool,
} from "../../../constructs";
import { someCluster } from "../../support/cluster";
import { findings, terraformOf } from "../../support/terraform";

const GB = 1e9;

/** What synth warns of. */
function warnings(build: (stack: TerraformStack) => void): readonly string[] {
  const add = jest.spyOn(Annotations.prototype, "addWarning");
  terraformOf(build);
  const said = add.mock.calls.map(([message]) => message);
  add.mockRestore();
  return said;
}

const training: HardwareRequest = {
  framework: "jax",
  workload: "training",
  architecture: "transformer",
  modelBytes: 14 * GB,
  trainingDays: 30,
};

describe("a pool that is told its workload", () => {
  test("judges a slice of TPUs whole", () => {
    const slice = (topology: string) => (stack: TerraformStack) =>
      new TpuNodePool(stack, "Tpu", {
        cluster: someCluster(stack),
        accelerator: Accelerator.TPU_V6E,
        topology,
        workload: training,
      });
    expect(warnings(slice("4x4"))).toEqual([]);
    expect(warnings(slice("1x1"))).toEqual([
      "1 tpu-v6e-slice has 32.0 GiB, and model and batch take 104.3 GiB: divide them over more machines",
    ]);
  });

  test("judges GPUs that train by all nodes, and GPUs that answer by one", () => {
    const gpus = (workload: HardwareRequest) => (stack: TerraformStack) =>
      new GpuNodePool(stack, "Gpu", {
        cluster: someCluster(stack),
        accelerator: Accelerator.NVIDIA_L4,
        perNode: 1,
        autoscaling: { min: 0, max: 8 },
        workload,
      });
    const tuning = {
      ...training,
      framework: "pytorch",
      workload: "fine-tuning",
      modelBytes: 30 * GB,
    } as const;
    expect(warnings(gpus(tuning))).toEqual([]);
    expect(warnings(gpus({ ...tuning, workload: "online-inference" }))).toEqual([
      "1 nvidia-l4 has 24.0 GiB, and model and batch take 33.6 GiB: divide them over more machines",
    ]);
    expect(warnings(gpus({ ...tuning, framework: "scikit-learn", modelBytes: GB }))).toEqual([
      "scikit-learn computes on the CPU and gains nothing from a GPU",
    ]);
  });

  test("judges processors by the oldest that it lets be", () => {
    const processors = (minCpuPlatform?: string) => (stack: TerraformStack) =>
      new CpuServingPool(stack, "Cpu", {
        cluster: someCluster(stack),
        machineType: "n1-standard-8",
        minCpuPlatform,
        nodes: 3,
        workload: { framework: "xgboost", workload: "online-inference", modelBytes: GB },
      });
    expect(warnings(processors("Intel Skylake"))).toEqual([]);
    expect(warnings(processors())).toEqual([
      "n1-standard-8 may run on processors without AVX-512 or AMX: take one that has them, as c3",
    ]);
  });

  test("refuses a workload that cannot be judged, with its other findings", () => {
    const refused = findings(
      (stack) =>
        new GpuNodePool(stack, "Gpu", {
          cluster: someCluster(stack),
          name: "Not A Name",
          nodes: 3,
          accelerator: Accelerator.NVIDIA_L4,
          perNode: 1,
          workload: { ...training, modelBytes: 0 },
        }),
    );
    expect(refused.map(({ property }) => property)).toEqual(["workload.modelBytes", "name"]);
  });
});

import { Annotations, type TerraformStack } from "cdktf";
import {
  Accelerator,
  CheckpointBucket,
  EncryptionKey,
  GpuVirtualMachine,
  type HardwareRequest,
  Notebook,
  PrivateNetwork,
  ScheduledTraining,
  TrainingJob,
} from "../../../constructs";
import { findings, terraformOf } from "../../support/terraform";
import { somePool, trainingGround } from "../../support/training-pools";

const GB = 1e9;
const image = "europe-west4-docker.pkg.dev/acme-ml-dev/images/trainer:1.4.0";

type Build = (stack: TerraformStack, workload: HardwareRequest) => void;

function surroundings(stack: TerraformStack) {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  const network = PrivateNetwork.fromName(stack, "Network", {
    name: "research",
    subnets: { machines: { name: "machines", region: "europe-west4" } },
  });
  return { key, network, subnet: network.subnet("machines"), zone: "europe-west4-a" };
}

/** Each with one L4, which a model of 30 GB does not fit. */
const withOneGpu: Readonly<Record<string, Build>> = {
  TrainingJob: (stack, workload) => {
    const { cluster, queue, checkpoints } = trainingGround(stack);
    new TrainingJob(stack, "Job", {
      name: "finetune",
      image,
      queue,
      checkpoints,
      pool: somePool(cluster, {
        machineType: "g2-standard-8",
        accelerator: { accelerator: Accelerator.NVIDIA_L4, count: 1 },
      }),
      workload,
    });
  },
  ScheduledTraining: (stack, workload) => {
    const { key } = surroundings(stack);
    new ScheduledTraining(stack, "Daily", {
      name: "tickets-daily",
      project: "some-project",
      key,
      checkpoints: new CheckpointBucket(stack, "Checkpoints", { name: "some-project-checkpoints", key }),
      schedule: "0 3 * * *",
      image,
      machineType: "g2-standard-8",
      workload,
    });
  },
  GpuVirtualMachine: (stack, workload) => {
    const { key, subnet, zone } = surroundings(stack);
    const machineType = "g2-standard-8";
    new GpuVirtualMachine(stack, "Machine", { name: "gpu-lab", zone, key, subnet, machineType, workload });
  },
  Notebook: (stack, workload) => {
    const machineType = "g2-standard-8";
    new Notebook(stack, "Notebook", { name: "notebook", ...surroundings(stack), machineType, workload });
  },
};

/** What synth warns of. */
function warnings(build: (stack: TerraformStack) => void): readonly string[] {
  const add = jest.spyOn(Annotations.prototype, "addWarning");
  terraformOf(build);
  const said = add.mock.calls.map(([message]) => message);
  add.mockRestore();
  return said;
}

const workload: HardwareRequest = { framework: "pytorch", workload: "batch-inference", modelBytes: 2 * GB };

describe.each(Object.entries(withOneGpu))("a %s that is told its workload", (_, build) => {
  test("warns of what speaks against its hardware, and of nothing else", () => {
    expect(warnings((stack) => build(stack, workload))).toEqual([]);
    expect(warnings((stack) => build(stack, { ...workload, framework: "scikit-learn" }))).toEqual([
      "scikit-learn computes on the CPU and gains nothing from a GPU",
    ]);
    expect(warnings((stack) => build(stack, { ...workload, modelBytes: 30 * GB }))).toEqual([
      expect.stringMatching(/^1 nvidia-l4 has 24\.0 GiB, and model and batch take /),
    ]);
  });

  test("refuses one that cannot be judged", () => {
    expect(findings((stack) => build(stack, { ...workload, modelBytes: 0 }))).toEqual([
      { property: "workload.modelBytes", received: 0, remedy: "use a number above 0" },
    ]);
  });
});

test("nodes of a job are counted together, since they train one model", () => {
  const nodes = (count: number) => (stack: TerraformStack) => {
    const { cluster, queue, checkpoints } = trainingGround(stack);
    const accelerator = { accelerator: Accelerator.NVIDIA_L4, count: 1 };
    new TrainingJob(stack, "Job", {
      name: "finetune",
      image,
      queue,
      checkpoints,
      pool: somePool(cluster, { machineType: "g2-standard-8", accelerator }),
      nodes: count,
      workload: { ...workload, workload: "fine-tuning", modelBytes: 30 * GB },
    });
  };
  expect(warnings(nodes(1))).toHaveLength(1);
  expect(warnings(nodes(4))).toEqual([]);
});

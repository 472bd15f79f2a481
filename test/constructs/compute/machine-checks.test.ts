import { Token } from "cdktf";
import { Accelerator } from "../../../constructs";
import { checkMachine, type MachineRequest, machineRules } from "../../../constructs/compute/machine-checks";

/** Machines that no catalog has: an n1 that takes H100, which fewer zones offer than n1, and one of another architecture. */
jest.mock("../../../constructs/catalog/machine-types", () => {
  const actual = jest.requireActual("../../../constructs/catalog/machine-types");
  const n1 = actual.machineType("n1-standard-8");
  const lab = { ...n1, name: "n1-lab-8", attachable: [{ accelerator: "nvidia-h100-80gb", counts: [1] }] };
  const arm = { ...n1, name: "n1-arm-8", architecture: "arm" };
  return {
    ...actual,
    machineType: (name: string) => [lab, arm].find((type) => type.name === name) ?? actual.machineType(name),
  };
});

const good: MachineRequest = {
  zone: "europe-west4-a",
  machineType: "n1-standard-8",
  keyRegion: "europe-west4",
  subnetRegion: "europe-west4",
};

const check = (request: Partial<MachineRequest>) => checkMachine({ ...good, ...request }, machineRules, []);

describe("a machine", () => {
  test("is refused where its GPU is not offered, though the machine is", () => {
    const lab = { machineType: "n1-lab-8", accelerator: Accelerator.NVIDIA_H100_80GB };
    expect(check(lab)).toEqual([
      {
        property: "zone",
        received: "europe-west4-a",
        remedy: expect.stringMatching(/^nvidia-h100-80gb is not offered there: use europe-west4-b/),
      },
    ]);
    expect(check({ ...lab, zone: "europe-west4-b" })).toEqual([]);
  });

  test("is refused where Google has no images for its processors", () => {
    expect(check({ machineType: "n1-arm-8" })).toEqual([
      {
        property: "machineType",
        received: "n1-arm-8",
        remedy: "choose a machine of x86: Google's images for machine learning are for nothing else",
      },
    ]);
  });

  test("is told of the nearest zones elsewhere, where its region offers it nowhere", () => {
    const request = { zone: "us-east5-a", keyRegion: "us-east5", subnetRegion: "us-east5" };
    const [finding] = check({ ...request, machineType: "n1-lab-8", accelerator: Accelerator.NVIDIA_T4 });
    expect(finding.property).toBe("zone");
    expect(finding.remedy).toMatch(/ is not offered there: use us-/);
  });

  test("is not judged by a zone that only apply knows", () => {
    expect(check({ zone: Token.asString({ resolve: () => "x" }) })).toEqual([]);
  });

  test("is refused in a region that does not exist, and with an accelerator that does not", () => {
    expect(check({ zone: "europe-west44-a", accelerator: "nvidia-l44" as Accelerator })).toEqual([
      {
        property: "zone",
        received: "europe-west44-a",
        remedy: expect.stringMatching(/^did you mean "europe-west4-a"\? No such zone; /),
      },
      {
        property: "accelerator",
        received: "nvidia-l44",
        remedy: expect.stringMatching(/^did you mean "nvidia-l4"\? /),
      },
    ]);
  });

  test("is told of an idle GPU after whole minutes", () => {
    expect(check({ accelerator: Accelerator.NVIDIA_T4, gpuIdleSeconds: 90 })).toEqual([
      { property: "gpuIdleSeconds", received: 90, remedy: "use 60 to 84600 seconds, in whole minutes" },
    ]);
  });

  test("has rules that each name themselves and where they are from", () => {
    expect(new Set(machineRules.map(({ id }) => id)).size).toBe(machineRules.length);
    for (const { source } of machineRules) expect(source).toMatch(/^https:\/\//);
  });
});

import { Token } from "cdktf";
import { Accelerator, type MachineRequirement, smallestMachine } from "../../../constructs";

const nameOf = (requirement: MachineRequirement) => smallestMachine(requirement).choice?.machine.name;

describe("the smallest machine", () => {
  test.each<[string, MachineRequirement, string]>([
    ["one GPU", { accelerator: Accelerator.NVIDIA_L4, region: "europe-west4" }, "g2-standard-4"],
    [
      "a GPU and many CPUs",
      { accelerator: Accelerator.NVIDIA_L4, vcpus: 20, region: "us-central1" },
      "g2-standard-32",
    ],
    [
      "more GPUs than come in that number",
      { accelerator: Accelerator.NVIDIA_L4, count: 3 },
      "g2-standard-48",
    ],
    [
      "memory for a large model",
      { accelerator: Accelerator.NVIDIA_L4, acceleratorMemoryGiB: 150 },
      "g2-standard-96",
    ],
    ["a GPU in a zone that has one kind", { acceleratorMemoryGiB: 8, zone: "us-south1-b" }, "a3-ultragpu-8g"],
    [
      "two GPUs that are added to it",
      { accelerator: Accelerator.NVIDIA_T4, count: 2, vcpus: 6 },
      "n1-standard-8",
    ],
    ["chips of a TPU", { accelerator: Accelerator.TPU_V6E, count: 4 }, "ct6e-standard-4t"],
    ["CPUs", { vcpus: 8, memoryGiB: 32, region: "europe-west4" }, "e2-standard-8"],
    ["an instruction set", { vcpus: 20, instructionSet: "amx", region: "europe-west4" }, "c3-standard-22"],
    [
      "local SSDs",
      { vcpus: 4, localSsds: 1, instructionSet: "amx", region: "us-east4" },
      "c3-standard-4-lssd",
    ],
    ["an architecture", { accelerator: Accelerator.NVIDIA_GB200, architecture: "arm" }, "a4x-highgpu-4g"],
  ])("for %s is the cheapest that has them", (_, requirement, name) => {
    expect(nameOf(requirement)).toBe(name);
  });

  test("says why, and what it would cost", () => {
    const { choice, findings } = smallestMachine({
      accelerator: Accelerator.NVIDIA_L4,
      region: "europe-west4",
    });
    expect(findings).toEqual([]);
    expect(choice).toMatchObject({
      accelerators: { accelerator: "nvidia-l4", count: 1 },
      zones: ["europe-west4-a", "europe-west4-b", "europe-west4-c"],
      price: { region: "europe-west4", onDemandUsd: 0.74233, spotUsd: 0.3153 },
      reason: "it costs least: USD 0.74 an hour on demand in europe-west4, before g2-standard-8 at USD 0.90",
    });
  });

  test("has the price of the GPUs that are added to it in its own", () => {
    const { choice } = smallestMachine({
      accelerator: Accelerator.NVIDIA_T4,
      count: 2,
      vcpus: 6,
      region: "us-central1",
    });
    expect(choice?.accelerators).toEqual({ accelerator: "nvidia-tesla-t4", count: 2 });
    expect(choice?.price?.onDemandUsd).toBeCloseTo(0.38 + 2 * 0.35);
  });

  test("is the smallest where no price is known", () => {
    const { choice } = smallestMachine({ accelerator: Accelerator.NVIDIA_A100_80GB, region: "europe-west4" });
    expect(choice?.machine.name).toBe("a2-ultragpu-1g");
    expect(choice?.price).toBeUndefined();
    expect(choice?.reason).toBe("it is the smallest of 4 that fit; no list price of them is known");
  });

  test("has the faster network of two that are as large, where no price is known", () => {
    const { choice } = smallestMachine({
      accelerator: Accelerator.NVIDIA_H100_80GB,
      count: 8,
      region: "asia-northeast1",
    });
    expect(choice?.machine.name).toBe("a3-highgpu-8g");
  });

  test("is offered and priced in the zones that have to offer it", () => {
    const { choice } = smallestMachine({
      accelerator: Accelerator.NVIDIA_T4,
      everyZone: ["europe-west4-a", "europe-west4-b"],
    });
    expect(choice).toMatchObject({
      zones: ["europe-west4-a", "europe-west4-b"],
      price: { region: "europe-west4", onDemandUsd: 0.41979 },
    });
  });

  test("says that a part of an H100 machine is not had on demand", () => {
    const { choice } = smallestMachine({ accelerator: Accelerator.NVIDIA_H100_80GB, region: "us-east4" });
    expect(choice?.machine.name).toBe("a3-highgpu-1g");
    expect(choice?.reason).toMatch(/\. It is had as Spot or by flex-start, and not on demand$/);
  });

  test("has no accelerator unless one is asked for, and no TPU unless it is named", () => {
    expect(smallestMachine({ vcpus: 8 }).choice?.accelerators).toBeUndefined();
    const { choice } = smallestMachine({ acceleratorMemoryGiB: 16, zone: "us-south1-a" });
    expect(choice).toBeUndefined();
  });
});

describe("where no machine fits, the findings", () => {
  const findingsOf = (requirement: MachineRequirement) => smallestMachine(requirement).findings;

  test("name the nearest zone that has one", () => {
    expect(findingsOf({ accelerator: Accelerator.TPU_V5E, count: 8, zone: "asia-south1-a" })).toContainEqual({
      property: "zone",
      received: "asia-south1-a",
      remedy: "no machine has it together with the rest; nearest: asia-southeast1-b",
    });
    expect(findingsOf({ accelerator: Accelerator.NVIDIA_B200, region: "europe-west3" })).toEqual([
      {
        property: "region",
        received: "europe-west3",
        remedy: "no machine has it together with the rest; nearest: europe-west4-b",
      },
      {
        property: "accelerator",
        received: "nvidia-b200",
        remedy:
          "no machine has it together with the rest; others have it: nvidia-tesla-t4, nvidia-l4, nvidia-h100-80gb, nvidia-h100-mega-80gb",
      },
    ]);
  });

  test("name the most there is", () => {
    expect(findingsOf({ accelerator: Accelerator.NVIDIA_L4, count: 16 })).toContainEqual({
      property: "count",
      received: 16,
      remedy: "no machine has it together with the rest; at most 8, with g2-standard-96",
    });
  });

  test("name the most there is where any GPU would do", () => {
    const remedy = (most: string) => `no machine has it together with the rest; at most ${most}`;
    expect(findingsOf({ acceleratorMemoryGiB: 2_000 })).toEqual([
      { property: "acceleratorMemoryGiB", received: 2_000, remedy: remedy("1440, with a4-highgpu-8g") },
    ]);
    expect(findingsOf({ count: 64 })).toEqual([
      { property: "count", received: 64, remedy: remedy("16, with a2-megagpu-16g") },
    ]);
  });

  test("send on to slices who asks for more chips than a machine has, and offer no GPU in their place", () => {
    expect(findingsOf({ accelerator: Accelerator.TPU_V5E, count: 16 })).toEqual([
      {
        property: "count",
        received: 16,
        remedy:
          "no machine has it together with the rest; at most 8, with ct5lp-hightpu-8t; more chips are a slice of several machines, which a TpuNodePool makes",
      },
    ]);
  });

  test("name where it is offered if not in every zone", () => {
    const everyZone = ["europe-west4-a", "europe-west4-b"];
    const region = "europe-west4";
    expect(
      findingsOf({ accelerator: Accelerator.NVIDIA_H100_80GB, count: 8, region, everyZone }),
    ).toContainEqual({
      property: "everyZone",
      received: everyZone,
      remedy: "no machine has it together with the rest; offered in: europe-west4-b, europe-west4-c",
    });
    expect(findingsOf({ vcpus: 4, everyZone: ["europe-west4-a", "europe-west4-z"] })).toEqual([
      {
        property: "everyZone[1]",
        received: "europe-west4-z",
        remedy: 'did you mean "europe-west4-a"? No such zone',
      },
    ]);
  });

  test("refuse parts of a CPU or of an accelerator, and no part of a GiB", () => {
    expect(findingsOf({ count: 1.5, vcpus: 0.5, memoryGiB: 7.5, localSsds: Number.NaN })).toEqual(
      ["count", "vcpus", "localSsds"].map((property) => ({
        property,
        received: expect.any(Number),
        remedy: "ask for what is whole and more than 0, or leave it out",
      })),
    );
  });

  test("say of what is known only at apply that a machine is chosen before", () => {
    const region = Token.asString({ resolve: () => "europe-west4" });
    const vcpus = Token.asNumber({ resolve: () => 4 });
    const remedy = "it is known only at apply, and a machine is chosen before: state it";
    expect(findingsOf({ accelerator: Accelerator.NVIDIA_L4, region, vcpus, everyZone: [region] })).toEqual([
      { property: "region", received: region, remedy },
      { property: "vcpus", received: vcpus, remedy },
      { property: "everyZone", received: [region], remedy },
    ]);
  });

  test("name what is offered instead of an instruction set or an architecture", () => {
    expect(findingsOf({ architecture: "arm", accelerator: Accelerator.NVIDIA_L4 })).toContainEqual({
      property: "architecture",
      received: "arm",
      remedy: "no machine has it together with the rest; offered: x86",
    });
    expect(findingsOf({ instructionSet: "avx", vcpus: 4, architecture: "x86" })).toContainEqual({
      property: "instructionSet",
      received: "avx",
      remedy: "no machine has it together with the rest; offered: amx, avx2, avx512, avx512-vnni",
    });
  });

  test("speak of them all where one change is not enough", () => {
    expect(findingsOf({ localSsds: 99, vcpus: 9999 })).toEqual([
      {
        property: "requirement",
        received: { localSsds: 99, vcpus: 9999 },
        remedy: "no machine of the catalog comes near: ask for less of localSsds, vcpus",
      },
    ]);
  });

  test("name everything at once that does not exist", () => {
    const requirement = {
      accelerator: "nvidia-l5" as Accelerator,
      count: 0,
      region: "europe-west44",
      zone: "mars-a",
    };
    expect(findingsOf(requirement)).toEqual([
      { property: "count", received: 0, remedy: "ask for what is whole and more than 0, or leave it out" },
      {
        property: "accelerator",
        received: "nvidia-l5",
        remedy: expect.stringContaining('did you mean "nvidia-l4"?'),
      },
      {
        property: "region",
        received: "europe-west44",
        remedy: 'did you mean "europe-west4"? No such region',
      },
      { property: "zone", received: "mars-a", remedy: expect.stringContaining("No such zone") },
    ]);
  });

  test("refuse a zone of another region", () => {
    expect(findingsOf({ region: "europe-west4", zone: "us-central1-a" })).toEqual([
      {
        property: "zone",
        received: "us-central1-a",
        remedy:
          "it is not in europe-west4: name one of europe-west4-a, europe-west4-b, europe-west4-c, or drop one of the two",
      },
    ]);
  });
});

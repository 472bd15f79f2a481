import { Lazy } from "cdktf";
import { Accelerator, findZones, nearestZone } from "../../../constructs";
import { checkAccelerator, checkZone } from "../../../constructs/catalog/accelerators";

describe("the zones of an accelerator", () => {
  test("are all of them, or those of one region", () => {
    expect(findZones(Accelerator.TPU_V5E)).toContain("us-west4-a");
    expect(findZones(Accelerator.NVIDIA_L4, "europe-west4")).toEqual([
      "europe-west4-a",
      "europe-west4-b",
      "europe-west4-c",
    ]);
  });

  test("are none in a region that lacks it, or that does not exist", () => {
    expect(findZones(Accelerator.NVIDIA_B200, "europe-west3")).toEqual([]);
    expect(findZones(Accelerator.NVIDIA_L4, "europe-west44")).toEqual([]);
  });

  test.each([
    [Accelerator.TPU_V5E, "asia-south1", "asia-southeast1-b"],
    [Accelerator.NVIDIA_L4, "europe-north1", "europe-west4-a"],
    [Accelerator.NVIDIA_H200_141GB, "us-east1-b", "us-east4-b"],
    [Accelerator.TPU_V6E, "southamerica-east1", "us-east1-d"],
    [Accelerator.NVIDIA_L4, "us-central1-f", "us-central1-a"],
  ])("the nearest of %s to %s is %s", (accelerator, place, zone) => {
    expect(nearestZone(accelerator, place)).toBe(zone);
  });

  test("has none nearest to a place that does not exist", () => {
    expect(nearestZone(Accelerator.NVIDIA_L4, "moon-1")).toBeUndefined();
  });
});

describe("a zone", () => {
  test("passes that offers the accelerator, and one that is known only at apply", () => {
    expect(checkZone("zone", "us-central1-a", Accelerator.TPU_V5E)).toEqual([]);
    expect(checkZone("zone", Lazy.stringValue({ produce: () => "zone" }), Accelerator.TPU_V5E)).toEqual([]);
  });

  test.each([
    ["asia-south1-a", "it does not offer tpu-v5-lite-podslice; nearest: asia-southeast1-b"],
    ["europe-west4-a", "it does not offer tpu-v5-lite-podslice; in its region do europe-west4-b"],
    [
      "us-wezt4-a",
      'did you mean "us-west4-a"? No such zone; findZones("tpu-v5-lite-podslice") lists those that offer it',
    ],
  ])("%s is refused with what to do instead", (zone, remedy) => {
    expect(checkZone("zone", zone, Accelerator.TPU_V5E)).toEqual([
      { property: "zone", received: zone, remedy },
    ]);
  });
});

describe("an accelerator", () => {
  test("of which nothing is known is refused with the nearest name", () => {
    expect(checkAccelerator("accelerator", "nvidia-l40")).toEqual([
      {
        property: "accelerator",
        received: "nvidia-l40",
        remedy: expect.stringContaining('did you mean "nvidia-l4"?'),
      },
    ]);
  });

  test("passes that is known only at apply", () => {
    expect(checkAccelerator("accelerator", Lazy.stringValue({ produce: () => "accelerator" }))).toEqual([]);
  });
});

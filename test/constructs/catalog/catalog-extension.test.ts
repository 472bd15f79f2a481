import {
  Accelerator,
  type CatalogExtension,
  catalogExtensions,
  extendCatalog,
  findZones,
  forgetExtensions,
  type MachineType,
  machineType,
  machineZones,
  nearestZone,
  regions,
  smallestMachine,
  zonesOf,
  zonesOfMachine,
} from "../../../constructs";
import { checkZone } from "../../../constructs/catalog/accelerators";
import { checkRegion } from "../../../constructs/catalog/regions";
import { zonesOffering } from "../../../constructs/compute/pool-zones";
import { ConstructError } from "../../../constructs/construct-error";

const seen = { asOf: "2027-02-01", source: "https://cloud.google.com/compute/docs/gpus/gpu-regions-zones" };
const accelerator = Accelerator.NVIDIA_RTX_PRO_6000;
const machine = machineType("g4-standard-48") as MachineType;
const zone = "africa-south1-a";

afterEach(forgetExtensions);

function refused(extension: Partial<CatalogExtension>): unknown {
  try {
    extendCatalog({ ...seen, ...extension });
  } catch (error) {
    if (error instanceof ConstructError) return error.findings;
    throw error;
  }
  return [];
}

describe("an accelerator and a family of machines that Google offers in a further zone", () => {
  const wider = {
    ...seen,
    accelerators: { [accelerator]: { zones: [zone] } },
    machines: { g4: { zones: [zone] } },
  };

  test("are found there by all that reads the catalog", () => {
    expect(checkZone("zone", zone, accelerator)).toHaveLength(1);

    extendCatalog(wider);

    expect(findZones(accelerator, "africa-south1")).toEqual([zone]);
    expect(nearestZone(accelerator, "africa-south1")).toBe(zone);
    expect(checkZone("zone", zone, accelerator)).toEqual([]);
    expect(zonesOfMachine(machine)).toContain(zone);
    expect(machineZones().find(({ family }) => family === "g4")?.zones).toContain(zone);
    expect(zonesOffering({ machineType: machine.name, accelerator })).toContain(zone);
    expect(smallestMachine({ accelerator, zone }).choice?.zones).toEqual([zone]);
    expect(catalogExtensions()).toEqual([wider]);
  });

  test("are still offered where they were, each zone once", () => {
    const before = findZones(accelerator);

    extendCatalog(wider);
    extendCatalog(wider);

    expect(findZones(accelerator)).toEqual([...before, zone].sort());
  });

  test("are left to the data files once it is forgotten", () => {
    const [zones, offering] = [findZones(accelerator), zonesOfMachine(machine)];

    extendCatalog(wider);
    forgetExtensions();

    expect(findZones(accelerator)).toEqual(zones);
    expect(zonesOfMachine(machine)).toEqual(offering);
    expect(catalogExtensions()).toEqual([]);
  });
});

describe("a region that Google opened", () => {
  const opened = { regions: { "europe-west99": { zones: ["europe-west99-a", "europe-west99-b"] } } };

  test("is a region, with zones that offer what is added in the same breath", () => {
    const known = [...regions];

    extendCatalog({
      ...seen,
      ...opened,
      accelerators: { [accelerator]: { zones: ["europe-west99-b"] } },
    });

    expect(regions).toEqual([...known, "europe-west99"]);
    expect(zonesOf("europe-west99")).toEqual(["europe-west99-a", "europe-west99-b"]);
    expect(checkRegion("region", "europe-west99")).toEqual([]);
    expect(findZones(accelerator, "europe-west99")).toEqual(["europe-west99-b"]);
  });

  test("is none any more once it is forgotten", () => {
    extendCatalog({ ...seen, ...opened });
    forgetExtensions();

    expect(regions).not.toContain("europe-west99");
    expect(zonesOf("europe-west99")).toEqual([]);
  });

  test("may be a known one with a further zone", () => {
    extendCatalog({ ...seen, regions: { "us-east1": { zones: ["us-east1-e"] } } });

    expect(zonesOf("us-east1")).toEqual(["us-east1-b", "us-east1-c", "us-east1-d", "us-east1-e"]);
    expect(regions.filter((region) => region === "us-east1")).toHaveLength(1);
  });
});

describe("what is added", () => {
  test("is refused with every finding, and then none of it is added", () => {
    const zones = findZones(accelerator);

    expect(
      refused({
        asOf: "yesterday",
        source: "a colleague",
        regions: { Mars: { zones: ["mars-1-a"] }, "us-east1": { zones: ["us-east4-d"] } },
        accelerators: {
          [accelerator]: { zones: [zone, "us-east1-z"] },
          ["nvidia-l40" as "nvidia-l4"]: { zones: [zone] },
        },
        machines: { g44: { zones: [] } },
      }),
    ).toEqual([
      expect.objectContaining({ property: "asOf", received: "yesterday" }),
      expect.objectContaining({ property: "source", received: "a colleague" }),
      expect.objectContaining({ property: "regions", received: "Mars" }),
      expect.objectContaining({ property: 'regions["us-east1"].zones[0]', received: "us-east4-d" }),
      expect.objectContaining({
        property: `accelerators["${accelerator}"].zones[1]`,
        received: "us-east1-z",
      }),
      expect.objectContaining({ property: "accelerators", received: "nvidia-l40" }),
      expect.objectContaining({
        property: "machines",
        received: "g44",
        remedy: expect.stringContaining('"g4"'),
      }),
      expect.objectContaining({ property: 'machines["g44"].zones', received: [] }),
    ]);
    expect(findZones(accelerator)).toEqual(zones);
    expect(catalogExtensions()).toEqual([]);
  });
});

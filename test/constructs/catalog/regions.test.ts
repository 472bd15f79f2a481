import { regionCatalog, regions, zonesOf } from "../../../constructs";
import { checkRegion, regionOf } from "../../../constructs/catalog/regions";

describe("the region catalog", () => {
  test("says where it was read and when", () => {
    expect(regionCatalog.source).toMatch(/^https:\/\//);
    expect(regionCatalog.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });

  test("gives every region at least three zones, each with the region's name", () => {
    for (const region of regions) {
      const zones = zonesOf(region);
      expect(new Set(zones).size).toBeGreaterThanOrEqual(3);
      for (const zone of zones) expect(zone).toMatch(new RegExp(`^${region}-[a-f]$`));
    }
  });

  test("knows the regions whose zones are not a, b and c", () => {
    expect(zonesOf("europe-west1")).toEqual(["europe-west1-b", "europe-west1-c", "europe-west1-d"]);
    expect(zonesOf("us-central1")).toContain("us-central1-f");
    expect(zonesOf("us-east1")).not.toContain("us-east1-a");
  });

  test("tells the region of a zone, and takes any other location as it is", () => {
    expect(["us-central1-a", "us-central1-ai1a", "US-CENTRAL1", "eu"].map(regionOf)).toEqual([
      "us-central1",
      "us-central1",
      "us-central1",
      "eu",
    ]);
  });

  test("refuses a region that does not exist and names the nearest", () => {
    expect(checkRegion("region", "europe-west44")).toEqual([
      {
        property: "region",
        received: "europe-west44",
        remedy: expect.stringContaining('did you mean "europe-west4"?'),
      },
    ]);
  });
});

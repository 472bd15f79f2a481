import { cheapestStorageClass, storageClassCatalog } from "../../../constructs";

const readsPerYear = { daily: 365, monthly: 12, quarterly: 4, yearly: 1 };

describe("a storage class", () => {
  test("costs less to keep than the one before it, more to read, and is paid for longer", () => {
    const { classes } = storageClassCatalog;
    for (const [index, storageClass] of classes.slice(1).entries()) {
      const warmer = classes[index];
      expect(storageClass.usdPerGibMonth).toBeLessThan(warmer.usdPerGibMonth);
      expect(storageClass.retrievalUsdPerGib).toBeGreaterThan(warmer.retrievalUsdPerGib);
      expect(storageClass.minimumDays).toBeGreaterThan(warmer.minimumDays);
    }
  });

  test.each(storageClassCatalog.classes.map((storageClass) => [storageClass.name, storageClass] as const))(
    "is the cheapest for data that is read a little less than what it is made for: %s",
    (_, storageClass) => {
      const reads = readsPerYear[storageClass.readFrequency] * 0.95;
      expect(cheapestStorageClass({ readsPerYear: reads, daysKept: 3_650 })).toBe(storageClass);
    },
  );

  test.each([
    [1, "STANDARD"],
    [20, "NEARLINE"],
    [60, "COLDLINE"],
    [365, "ARCHIVE"],
  ])(
    "is paid for to its end, so that for what nobody reads and is kept %i days it is %s",
    (daysKept, name) => {
      expect(cheapestStorageClass({ readsPerYear: 0, daysKept }).name).toBe(name);
    },
  );
});

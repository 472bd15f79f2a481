import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Dated } from "../../../constructs";

const folder = join(__dirname, "../../../constructs/catalog");

/** What the catalog's programs state as Google's facts, beside its data files: a record, or a record of records. */
const facts = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) => Object.entries<object>(require(join(folder, file))))
  .filter(([name, value]) => /(?:Catalog|Limits)$/.test(name) && typeof value === "object");

describe("what the catalog's programs state of Google", () => {
  test("is more than a few records", () => {
    expect(facts.length).toBeGreaterThan(20);
  });

  test.each(facts)("says where it was read and when: %s", (_, record) => {
    const { asOf, source } = record as Partial<Dated>;
    expect(asOf).toMatch(/^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/);
    const parts = Object.values(record).filter((part) => typeof part === "object");
    const sources = source === undefined ? parts.map((part) => (part as Partial<Dated>).source) : [source];
    expect(sources).not.toEqual([]);
    for (const one of sources) expect(one).toMatch(/^https:\/\/[a-z0-9.-]+\/\S+$/);
  });
});

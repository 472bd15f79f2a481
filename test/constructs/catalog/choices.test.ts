import { Token } from "cdktf";
import { checkOneOf } from "../../../constructs/catalog/choices";

describe("a choice", () => {
  test("is one of the words that are known", () => {
    expect(checkOneOf("diskType", "pd-ssd", ["pd-balanced", "pd-ssd"])).toEqual([]);
    expect(checkOneOf("diskType", "pd-sdd", ["pd-balanced", "pd-ssd"])).toEqual([
      {
        property: "diskType",
        received: "pd-sdd",
        remedy: 'did you mean "pd-ssd"? Use one of pd-balanced, pd-ssd',
      },
    ]);
  });

  test("cannot wait for apply", () => {
    const later = Token.asString({ resolve: () => "pd-ssd" });
    expect(checkOneOf("diskType", later, ["pd-balanced", "pd-ssd"])).toMatchObject([
      { property: "diskType", remedy: "It has to be known at synth: use one of pd-balanced, pd-ssd" },
    ]);
  });
});

import { isMet, markdown } from "../../bench/report";

const origin = { hardware: "2 x processor, 8 GiB", node: "v20", commit: "abc1234", date: "2026-01-02" };

describe("a report", () => {
  test("names hardware, Node, commit and date, and shows figures with three digits that count", () => {
    const text = markdown(origin, [
      {
        title: "Speed",
        method: "By hand.",
        tables: [
          {
            columns: ["what", "figure"],
            rows: [
              ["some", 12.345],
              ["more", 1234.5],
              ["none", Number.NaN],
            ],
          },
        ],
        targets: [],
        otherLoad: 0.031,
      },
    ]);
    expect(text).toBe(
      [
        "2 x processor, 8 GiB, Node v20, commit abc1234, 2026-01-02",
        "## Speed",
        "By hand. Other processes took 3 % of the processors meanwhile.",
        "| what | figure |\n| --- | --- |\n| some | 12.3 |\n| more | 1235 |\n| none |  |",
      ].join("\n\n"),
    );
  });

  test("says of every target whether it is met", () => {
    const targets = [
      { what: "rate", value: 2.96, atLeast: 3 },
      { what: "cost", value: 0.009, atMost: 0.01 },
    ];
    expect(targets.map(isMet)).toEqual([false, true]);
    const text = markdown(origin, [{ title: "Targets", method: "", tables: [], targets, otherLoad: 0 }]);
    expect(text).toContain("| rate | at least 3 | 2.96 | no |\n| cost | at most 0.01 | 0.00900 | yes |");
  });

  test("does not meet a target with what could not be measured", () => {
    expect(isMet({ what: "rate", value: Number.NaN, atLeast: 1 })).toBe(false);
    expect(isMet({ what: "cost", value: Number.NaN, atMost: 1 })).toBe(false);
  });
});

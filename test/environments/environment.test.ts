import { dev } from "../../environments/dev";
import { checkEnvironment } from "../../environments/environment";

const { serving } = dev.sizes;

describe("an environment", () => {
  test("that is complete and consistent has no findings", () => {
    expect(checkEnvironment(dev)).toEqual([]);
  });

  const cases: [string, object, string, unknown, string][] = [
    ["an unknown key", { regoin: "us-east1" }, "regoin", "us-east1", 'did you mean "region"?'],
    [
      "an unknown key further down",
      { switches: { ...dev.switches, hsm: true } },
      "switches.hsm",
      true,
      "Unknown key",
    ],
    ["a name out of form", { name: "Dev 1" }, "name", "Dev 1", "lower-case"],
    ["a project id out of form", { project: "Plinth" }, "project", "Plinth", "6 to 30"],
    [
      "a region that does not exist",
      { region: "us-centrall" },
      "region",
      "us-centrall",
      'did you mean "us-central1"?',
    ],
    ["no zone", { zones: [] }, "zones", [], "Too small"],
    [
      "a zone of another region",
      { zones: ["us-east1-b"] },
      "zones[0]",
      "us-east1-b",
      "us-central1 has us-central1-a",
    ],
    ["a zone twice", { zones: ["us-central1-a", "us-central1-a"] }, "zones[1]", "us-central1-a", "once"],
    ["a label's key out of form", { labels: { Team: "ml" } }, "labels.Team", "Team", "lower-case"],
    ["a label's value out of form", { labels: { team: "M L" } }, "labels.team", "M L", "lower-case"],
    [
      "a label that every stack sets",
      { labels: { environment: "x" } },
      "labels.environment",
      "x",
      "leave it out",
    ],
    ["a state bucket out of form", { state: { ...dev.state, bucket: "B" } }, "state.bucket", "B", "3 to 63"],
    [
      "a state that lies nowhere",
      { state: { bootstrap: "disk" } },
      "state.bootstrap",
      "disk",
      '"local"|"bucket"',
    ],
    [
      "a size of the wrong type",
      { sizes: { ...dev.sizes, serving: { ...serving, cpu: "two" } } },
      "sizes.serving.cpu",
      "two",
      "expected number",
    ],
    [
      "a setting that the runtime does not know",
      { sizes: { ...dev.sizes, serving: { ...serving, runtime: { kvCacheMB: 1 } } } },
      "sizes.serving.runtime.kvCacheMB",
      1,
      'did you mean "kvCacheMiB"?',
    ],
    ["a missing switch", { switches: {} }, "switches.deletionProtection", undefined, "expected boolean"],
  ];

  test.each(cases)("with %s is refused", (_, change, property, received, remedy) => {
    expect(checkEnvironment({ ...dev, ...change })).toEqual([
      { property, received, remedy: expect.stringContaining(remedy) },
    ]);
  });

  test("is refused with every finding at once, within fields and across them", () => {
    const wrong = { ...dev, name: "", project: "x", zones: ["us-east1-b"], colour: "green" };
    expect(checkEnvironment(wrong).map(({ property }) => property)).toEqual([
      "name",
      "colour",
      "project",
      "zones[0]",
    ]);
  });

  test.each([undefined, null, "dev", 1])("is not %p", (input) => {
    expect(checkEnvironment(input)).not.toEqual([]);
  });
});

import { TerraformStack, Testing } from "cdktf";
import { ConstructError } from "../../constructs";

describe("a refusal", () => {
  test("names the construct, the property, the value received and the remedy", () => {
    const stack = new TerraformStack(Testing.app(), "dev-data");
    const error = new ConstructError(stack, [
      { property: "name", received: "My_Bucket", remedy: "use lower-case letters" },
    ]);
    expect(error.path).toBe("dev-data");
    expect(error.message).toBe('dev-data: name  got "My_Bucket": use lower-case letters');
  });

  test("lists all findings, one to a line", () => {
    const error = new ConstructError("dev", [
      { property: "region", received: "us-centrall1", remedy: "use us-central1" },
      { property: "cpu", received: undefined, remedy: "use 1 to 8" },
    ]);
    expect(error.message).toBe(
      [
        "dev: 2 findings",
        '  region  got "us-centrall1": use us-central1',
        "  cpu     got nothing: use 1 to 8",
      ].join("\n"),
    );
  });

  test("says more than a line where a finding takes it, and lines up the others", () => {
    const statement = { title: "the model does not fit", lines: ["weights  2 GiB", "available  1 GiB"] };
    const large = { property: "memoryMiB", received: 1_024, remedy: "use 2048", statement };
    const name = { property: "name", received: "A", remedy: "use lower-case letters" };
    expect(new ConstructError("dev", [large]).message).toBe(
      ["dev: the model does not fit", "  weights  2 GiB", "  available  1 GiB"].join("\n"),
    );
    expect(new ConstructError("dev", [large, name]).message).toBe(
      [
        "dev: 2 findings",
        "  the model does not fit",
        "    weights  2 GiB",
        "    available  1 GiB",
        '  name  got "A": use lower-case letters',
      ].join("\n"),
    );
  });

  test("is made only where there is something to say", () => {
    expect(() => ConstructError.throwIfAny("dev", [])).not.toThrow();
  });

  test("of one part does not hide that of another", () => {
    const stack = new TerraformStack(Testing.app(), "dev-data");
    const refuse = (path: string) => () => {
      throw new ConstructError(path, [{ property: "name", received: "A", remedy: "use b" }]);
    };
    let built = 0;
    expect(() =>
      ConstructError.gather(stack, [refuse("dev-data/One"), () => built++, refuse("dev-data")]),
    ).toThrow(
      ["dev-data: 2 findings", '  One.name  got "A": use b', '  name      got "A": use b'].join("\n"),
    );
    expect(built).toBe(1);
  });

  test("says of which part a statement is", () => {
    const stack = new TerraformStack(Testing.app(), "dev-serving");
    const statement = { title: "the model does not fit", lines: ["weights  1 GiB"] };
    const refuse = () => {
      throw new ConstructError("dev-serving/Chat", [
        { property: "memoryMiB", received: 1, remedy: "use 2", statement },
      ]);
    };
    expect(() => ConstructError.gather(stack, [refuse])).toThrow(
      ["dev-serving: Chat: the model does not fit", "  weights  1 GiB"].join("\n"),
    );
  });

  test("is told from a fault of the program, which is thrown as it is", () => {
    const stack = new TerraformStack(Testing.app(), "dev-data");
    const fault = new RangeError("no");
    expect(() =>
      ConstructError.gather(stack, [
        () => {
          throw fault;
        },
      ]),
    ).toThrow(fault);
  });
});

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

  test("is made only where there is something to say", () => {
    expect(() => ConstructError.throwIfAny("dev", [])).not.toThrow();
  });
});

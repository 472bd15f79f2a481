import { Testing } from "cdktf";
import { ConstructError, type Finding } from "../../constructs";
import { PlinthStack, type PlinthStackProps } from "../../stacks";

const required = { environment: "dev", project: "acme-ml-dev", region: "europe-west4" };

function findings(props: Partial<PlinthStackProps>): readonly Finding[] {
  try {
    new PlinthStack(Testing.app(), "dev-assistant", { ...required, ...props });
  } catch (error) {
    if (error instanceof ConstructError) return error.findings;
    throw error;
  }
  return [];
}

describe("a stack", () => {
  test("that Google accepts has no findings", () => {
    expect(findings({ labels: { team: "support", "cost-center": "42" } })).toEqual([]);
  });

  test("is refused with every finding at once", () => {
    expect(
      findings({
        environment: "Dev 1",
        project: "Acme",
        region: "europe-west44",
        labels: { Team: "M L", "managed-by": "hand" },
      }),
    ).toEqual([
      { property: "environment", received: "Dev 1", remedy: expect.stringContaining("lower-case") },
      { property: "project", received: "Acme", remedy: expect.stringContaining("6 to 30") },
      {
        property: "region",
        received: "europe-west44",
        remedy: expect.stringContaining('did you mean "europe-west4"?'),
      },
      { property: "labels.Team", received: "Team", remedy: expect.stringContaining("lower-case") },
      { property: "labels.Team", received: "M L", remedy: expect.stringContaining("lower-case") },
      { property: "labels.managed-by", received: "hand", remedy: expect.stringContaining("leave it out") },
    ]);
  });
});

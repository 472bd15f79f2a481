import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { synthesise } from "../../environments/compose";

describe("synthesising environments", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-synth-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("writes the named ones and says what they hold and where it lies", () => {
    const outdir = join(folder, "out");
    const summaries = synthesise({ names: ["dev"], outdir });
    expect(summaries).toEqual([
      {
        name: "dev",
        project: expect.any(String),
        region: "us-central1",
        stacks: ["bootstrap", "foundation", "serving"].map((part) => ({
          name: `dev-${part}`,
          resources: expect.any(Number),
          path: join(outdir, "stacks", `dev-${part}`),
        })),
      },
    ]);
    for (const { path, resources } of summaries[0].stacks) {
      expect(existsSync(join(path, "cdk.tf.json"))).toBe(true);
      expect(resources).toBeGreaterThan(0);
    }
  });
});

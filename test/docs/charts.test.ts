import { ConstructExample } from "../support/construct-examples";
import { renderedObjects } from "../support/helm-template";
import { schemaFindings } from "../support/kubernetes-schemas";

const charts = ConstructExample.all()
  .map((example) => [example.name, renderedObjects(example.synthesise())] as const)
  .filter(([, objects]) => objects.length > 0);

describe("the charts of an example of docs/constructs", () => {
  test.each(charts)("hold what the schemas of their kinds take: %s", (_, objects) => {
    expect(objects.flatMap(schemaFindings)).toEqual([]);
  });

  test("are there for every construct that makes one", () => {
    const kinds = new Set(charts.flatMap(([, objects]) => objects.map(({ kind }) => kind)));
    expect([...kinds]).toEqual(expect.arrayContaining(["ClusterQueue", "ComputeClass", "JobSet"]));
  });
});

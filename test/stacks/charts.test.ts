import { trainingControllerCatalog } from "../../constructs/catalog/training-controllers";
import { loadEnvironments } from "../../environments/load";
import { synthesisedStacks } from "../support/environments";
import { renderedObjects } from "../support/helm-template";
import { schemaFindings } from "../support/kubernetes-schemas";
import { resources } from "../support/terraform";

const stacks = [...synthesisedStacks()];
const training = loadEnvironments(undefined, {}).map(({ name }) => `${name}-training`);

const charts = stacks
  .map(([stack, terraform]) => [stack, renderedObjects(terraform)] as const)
  .filter(([, objects]) => objects.length > 0);

describe("the charts of the environments", () => {
  test.each(charts)("hold what the schemas of their kinds take: %s", (_, objects) => {
    expect(objects.flatMap(schemaFindings)).toEqual([]);
  });

  test("are those of each environment's training, which has queues", () => {
    expect(charts.map(([stack]) => stack)).toEqual(training);
    for (const [, objects] of charts)
      expect(objects.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(["ClusterQueue", "LocalQueue", "ResourceFlavor"]),
      );
  });

  test("are all rendered here but the controllers', which their authors publish", () => {
    const { jobSet, kueue } = trainingControllerCatalog;
    const published = stacks.flatMap(([stack, terraform]) =>
      resources(terraform, "helm_release")
        .filter(({ chart }) => !/\/assets\/RenderedChart/.test(String(chart)))
        .map(({ chart, version }) => [stack, chart, version]),
    );
    expect(published).toEqual(
      training.flatMap((stack) => [jobSet, kueue].map(({ chart, version }) => [stack, chart, version])),
    );
  });
});

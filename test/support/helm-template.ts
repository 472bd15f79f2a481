import { readFileSync } from "node:fs";
import { join } from "node:path";
import { resources, type Terraform } from "./terraform";

export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it looks into parsed JSON
  readonly [field: string]: any;
}

/** The one template of the chart that every release of objects has. */
export const objectsTemplate = readFileSync(
  join(__dirname, "../../constructs/kubernetes/chart/templates/objects.yaml"),
  "utf8",
);

/**
 * What `helm template` makes of the releases in a stack that hold objects: a document for each value of `.Values.objects`
 * in the order of their keys, each as `toYaml` writes it, which parses to what it was. What is known only at apply stays
 * as its reference.
 */
export function renderedObjects(terraform: Terraform): RenderedObject[] {
  return resources(terraform, "helm_release")
    .filter(({ chart }) => /\/assets\/RenderedChart/.test(String(chart)))
    .flatMap(({ values }) => {
      const [text] = values as readonly string[];
      const { objects } = JSON.parse(untemplated(text)) as {
        objects: Readonly<Record<string, RenderedObject>>;
      };
      return Object.keys(objects)
        .sort()
        .map((key) => objects[key]);
    });
}

/** Of a string in Terraform's JSON, what Terraform reads where there are no references. */
export function untemplated(text: string): string {
  return text.replaceAll("$${", "${").replaceAll("%%{", "%{");
}

/** The only object of its kind. */
export function onlyObject(terraform: Terraform, kind: string): RenderedObject {
  const found = renderedObjects(terraform).filter((object) => object.kind === kind);
  expect(found).toHaveLength(1);
  return found[0];
}

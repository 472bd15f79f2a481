import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, TerraformStack } from "cdktf";
import {
  CheckpointBucket,
  EncryptionKey,
  type KubernetesObject,
  RenderedChart,
  type RenderedChartProps,
} from "../../../constructs";
import { someCluster } from "../../support/cluster";
import { objectsTemplate, renderedObjects } from "../../support/helm-template";
import { findings, onlyResource, resources, terraformOf } from "../../support/terraform";

function settings(name: string, data: Record<string, string> = {}): KubernetesObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "jobs" }, data };
}

function chart(stack: TerraformStack, props: Partial<RenderedChartProps> = {}): RenderedChart {
  return new RenderedChart(stack, "Chart", {
    cluster: props.cluster ?? someCluster(stack),
    release: "settings",
    namespace: "jobs",
    objects: [settings("b"), settings("a")],
    ...props,
  });
}

const terraform = (props?: Partial<RenderedChartProps>) => terraformOf((stack) => chart(stack, props));

describe("a rendered chart", () => {
  test("has a template that writes each object as a document of its own", () => {
    expect(objectsTemplate).toBe("{{- range .Values.objects }}\n---\n{{ toYaml . }}\n{{- end }}\n");
  });

  test("installs its objects as a whole or not at all, after what the cluster has first", () => {
    expect(onlyResource(terraform(), "helm_release")).toEqual({
      atomic: true,
      chart: expect.stringMatching(/^\$\{path\.module\}\/assets\/RenderedChart\w*\/[0-9A-F]{32}$/),
      cleanup_on_fail: true,
      depends_on: [expect.stringMatching(/^google_container_node_pool_stand_in\.Cluster_SystemPool/)],
      max_history: 5,
      name: "settings",
      namespace: "jobs",
      provider: expect.stringMatching(/^helm\.stack_Cluster$/),
      timeout: 300,
      values: [expect.any(String)],
      wait: true,
    });
  });

  test("names each object in the plan by what it is", () => {
    const [text] = onlyResource(terraform(), "helm_release").values as string[];
    expect(Object.keys(JSON.parse(text).objects)).toEqual(["ConfigMap/jobs/b", "ConfigMap/jobs/a"]);
    expect(renderedObjects(terraform()).map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
  });

  test("fills in what is known only at apply, and leaves other text as it is", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what is not Terraform's
    const data = { template: "${HOME} %{if} {{ .Values }}", quote: '"a" \\ \n' };
    const text = terraformOf((stack) => {
      const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
      const bucket = new CheckpointBucket(stack, "Bucket", { name: "some-project-checkpoints", key });
      chart(stack, { objects: [settings("a", { ...data, bucket: `gs://${bucket.bucketName}/run` })] });
    });
    expect(renderedObjects(text)[0].data).toEqual({
      ...data,
      bucket: expect.stringMatching(/^gs:\/\/\$\{google_storage_bucket\.Bucket_\w+\.name\}\/run$/),
    });
    const [values] = onlyResource(text, "helm_release").values as string[];
    expect(values).toContain("$${HOME} %%{if}");
  });

  test("reaches each cluster by one provider, whose tokens are as old as their use", () => {
    const text = terraformOf((stack) => {
      const cluster = someCluster(stack);
      chart(stack, { cluster });
      new RenderedChart(stack, "Other", {
        cluster,
        release: "other",
        namespace: "jobs",
        objects: [settings("c")],
      });
    });
    expect(text.provider.helm).toEqual([
      {
        alias: "stack_Cluster",
        kubernetes: {
          host: "https://gke-test.europe-west4.gke.goog",
          exec: {
            api_version: "client.authentication.k8s.io/v1beta1",
            command: "gke-gcloud-auth-plugin",
            args: ["--use_application_default_credentials"],
          },
        },
      },
    ]);
    expect(new Set(resources(text, "helm_release").map(({ chart: path }) => path)).size).toBe(1);
  });

  test("is replaced by a change of any object where those cannot be changed", () => {
    const text = terraform({ replacedOnChange: true });
    expect(onlyResource(text, "helm_release").lifecycle).toEqual({
      replace_triggered_by: [expect.stringMatching(/^terraform_data\.Chart_Objects_\w+$/)],
    });
    expect(resources(terraform(), "terraform_data")).toEqual([]);
  });

  test("waits for the stack of a cluster that is made in another, since it cannot wait for what that holds", () => {
    const app = new App();
    const platform = new TerraformStack(app, "platform");
    const jobs = new TerraformStack(app, "jobs");
    const cluster = someCluster(platform);
    chart(jobs, { cluster });
    expect(jobs.dependencies).toEqual([platform]);
    expect(jobs.toTerraform().resource.helm_release).toMatchObject({ Chart_D6199871: { depends_on: [] } });
  });

  test("lies in the output with its template", () => {
    const outdir = mkdtempSync(join(tmpdir(), "plinth-chart-"));
    try {
      const app = new App({ outdir, skipValidation: true });
      const stack = new TerraformStack(app, "jobs");
      chart(stack);
      app.synth();
      const folder = join(outdir, "stacks/jobs/assets");
      const [asset] = readdirSync(folder);
      const [hash] = readdirSync(join(folder, asset));
      expect(readFileSync(join(folder, asset, hash, "templates/objects.yaml"), "utf8")).toBe(objectsTemplate);
      expect(readFileSync(join(folder, asset, hash, "Chart.yaml"), "utf8")).toMatch(
        /^apiVersion: v2\nname: objects\n/,
      );
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        chart(stack, { release: "R".repeat(54), namespace: "a.b", objects: [settings("a"), settings("a")] }),
      ),
    ).toEqual([
      expect.objectContaining({ property: "release" }),
      expect.objectContaining({ property: "namespace" }),
      { property: "objects", received: "ConfigMap/jobs/a", remedy: "declare it once" },
    ]);
  });

  test("is refused where another chart of the cluster has its release or an object, which Helm would find out", () => {
    const refused = (stack: TerraformStack, props: Partial<RenderedChartProps>) => {
      const shared = someCluster(stack);
      new RenderedChart(stack, "First", {
        cluster: shared,
        release: "first",
        namespace: "jobs",
        objects: [settings("a")],
      });
      chart(stack, { cluster: shared, ...props });
    };
    const has = "use another name: stack/First has it in the same cluster";
    expect(findings((stack) => refused(stack, { release: "first" }))).toEqual([
      { property: "release", received: "first", remedy: has },
      { property: "objects", received: "ConfigMap/jobs/a", remedy: has },
    ]);
    expect(
      findings((stack) => refused(stack, { release: "first", namespace: "other", objects: [settings("c")] })),
    ).toEqual([]);
  });
});

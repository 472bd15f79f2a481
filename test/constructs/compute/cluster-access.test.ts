import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { App, TerraformStack, Testing } from "cdktf";
import { ClusterAccess, type ClusterAccessProps, ConstructError } from "../../../constructs";
import { acceleratorCluster, importedCluster } from "../../support/clusters";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";
import { findings, type Terraform, terraformOf } from "../../support/terraform";

afterEach(removeTemporaryDirectories);

function terraformWith(props: Partial<ClusterAccessProps> = {}): Terraform {
  return terraformOf(
    (stack) => new ClusterAccess(stack, "Access", { cluster: importedCluster(stack), ...props }),
  );
}

const connection = {
  host: expect.stringMatching(
    /^https:\/\/\$\{data\.google_container_cluster\.Cluster_\w+\.control_plane_endpoints_config\[0\]\.dns_endpoint_config\[0\]\.endpoint\}$/,
  ),
  exec: {
    api_version: "client.authentication.k8s.io/v1beta1",
    command: "gke-gcloud-auth-plugin",
    args: ["--use_application_default_credentials"],
  },
};

describe("access to a cluster", () => {
  test("lets charts reach it by its name, as whoever applies, by certificates that everybody trusts", () => {
    const { provider } = terraformWith();
    expect(provider.helm).toEqual([{ kubernetes: connection }]);
    expect(provider.kubernetes).toBeUndefined();
  });

  test("lets objects reach it too where that is asked", () => {
    expect(terraformWith({ kubernetes: true }).provider.kubernetes).toEqual([
      { ...connection, exec: [connection.exec] },
    ]);
  });

  test("reaches a cluster of another stack by way of that stack's outputs", () => {
    const app = new App({ outdir: temporaryDirectory() });
    const [platform, training] = ["platform", "training"].map((id) => {
      const stack = new TerraformStack(app, id);
      new GoogleProvider(stack, "google", { project: "some-project" });
      return stack;
    });
    new ClusterAccess(training, "Access", { cluster: acceleratorCluster(platform) });
    app.synth();
    const file = join(app.outdir, "stacks", "training", "cdk.tf.json");
    const { provider } = JSON.parse(readFileSync(file, "utf8")) as Terraform;
    expect(provider.helm).toEqual([
      {
        kubernetes: {
          host: expect.stringMatching(/^https:\/\/\$\{data\.terraform_remote_state\./),
          exec: connection.exec,
        },
      },
    ]);
  });

  test("is refused in the stack that makes the cluster", () => {
    const received = findings(
      (stack) => new ClusterAccess(stack, "Access", { cluster: acceleratorCluster(stack) }),
    );
    expect(received).toEqual([
      {
        property: "cluster",
        received: "stack/Cluster",
        remedy: expect.stringContaining("another stack than the cluster"),
      },
    ]);
  });

  test("is refused a second time in one stack", () => {
    const stack = new TerraformStack(Testing.app(), "stack");
    const cluster = importedCluster(stack);
    new ClusterAccess(stack, "Access", { cluster });
    expect(() => new ClusterAccess(stack, "Other", { cluster })).toThrow(ConstructError);
    expect(() => new ClusterAccess(stack, "Another", { cluster })).toThrow("stack/Access says already");
  });
});

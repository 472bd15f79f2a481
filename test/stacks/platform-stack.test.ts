import { App } from "cdktf";
import { ConstructError } from "../../constructs";
import { compose } from "../../environments/compose";
import { dev } from "../../environments/dev";
import { prod } from "../../environments/prod";
import { staging } from "../../environments/staging";
import { synthesisedStacks } from "../support/environments";
import { removeTemporaryDirectories, temporaryDirectory } from "../support/temporary-directory";
import { onlyResource, resources, type Terraform } from "../support/terraform";

afterEach(removeTemporaryDirectories);

const stacks = synthesisedStacks();
const platformOf = (environment: string) => stacks.get(`${environment}-platform`) as Terraform;

describe.each([dev, staging, prod])("the platform of $name", (environment) => {
  const platform = platformOf(environment.name);
  const { gpu, tpu, cpuServing, spotTraining } = environment.platform.pools;

  test("has one private cluster in the environment's zones, under the foundation's key", () => {
    expect(onlyResource(platform, "google_container_cluster")).toMatchObject({
      name: `plinth-${environment.name}-platform`,
      location: environment.region,
      node_locations: environment.zones,
      private_cluster_config: { enable_private_nodes: true },
      database_encryption: { state: "ENCRYPTED" },
      deletion_protection: environment.switches.deletionProtection,
    });
  });

  test("has the pools that are stated, and the system's", () => {
    const names = resources(platform, "google_container_node_pool").map(({ name }) => name);
    const stated = [gpu, tpu, cpuServing, spotTraining].flatMap((pools) => Object.keys(pools));
    expect(names.sort()).toEqual([...stated, "system"].sort());
  });

  test("lets its nodes pull what the environment publishes and the controllers' images, and nothing else", () => {
    const members = resources(platform, "google_artifact_registry_repository_iam_member");
    expect(members.map(({ role }) => role)).toEqual([
      "roles/artifactregistry.reader",
      "roles/artifactregistry.reader",
    ]);
  });

  test("has pools of Spot nodes that only what tolerates it comes to", () => {
    const spot = resources(platform, "google_container_node_pool").filter(
      ({ node_config }) => Object(node_config).spot,
    );
    expect(spot.map(({ name }) => name).sort()).toEqual(Object.keys(spotTraining).sort());
    for (const { node_config } of spot)
      expect(Object(node_config).taint).toEqual([
        { key: "cloud.google.com/gke-spot", value: "true", effect: "NO_SCHEDULE" },
      ]);
  });
});

test("what several pools cannot have is said at once", () => {
  const { pools } = dev.platform;
  const wrong = {
    ...dev,
    platform: {
      ...dev.platform,
      pools: {
        ...pools,
        gpu: { l4: { ...pools.gpu.l4, perNode: 3 } },
        tpu: { v5e: { accelerator: "tpu-v5-lite-podslice" as const, topology: "3x3" } },
      },
    },
  };
  const message = (() => {
    try {
      compose(new App({ outdir: temporaryDirectory(), stackTraces: false }), wrong);
      return "";
    } catch (error) {
      if (!(error instanceof ConstructError)) throw error;
      return error.message;
    }
  })();
  expect(message).toContain("dev-platform: 2 findings");
  expect(message).toMatch(/Cluster\/l4\.perNode +got 3: /);
  expect(message).toMatch(/Cluster\/v5e\.topology +got "3x3": /);
});

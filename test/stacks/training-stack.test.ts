import { Testing } from "cdktf";
import { compose } from "../../environments/compose";
import { dev } from "../../environments/dev";
import { prod } from "../../environments/prod";
import { staging } from "../../environments/staging";
import { checkpointConfigSchema, checkpointVariables } from "../../trainer/src/checkpoint-config";
import { synthesisedStacks } from "../support/environments";
import { onlyResource, resources, type Terraform } from "../support/terraform";

const stacks = synthesisedStacks();
const trainingOf = (environment: string) => stacks.get(`${environment}-training`) as Terraform;

/** Objects of every chart that this application renders. */
function objectsOf(training: Terraform): { kind: string; metadata: { name: string } }[] {
  return resources(training, "helm_release").flatMap(({ values }) =>
    ((values as string[] | undefined) ?? []).flatMap((text) => Object.values(JSON.parse(text).objects ?? {})),
  ) as { kind: string; metadata: { name: string } }[];
}

describe.each([dev, staging, prod])("the training of $name", (environment) => {
  const training = trainingOf(environment.name);
  const { capacities, jobs, schedules, notebooks } = environment.training;

  test("queues jobs for the pools that are stated, in their order", () => {
    const flavors = objectsOf(training).filter(({ kind }) => kind === "ResourceFlavor");
    expect(flavors.map(({ metadata }) => metadata.name)).toEqual(Object.keys(capacities));
  });

  test("has the jobs, schedules and notebooks that are stated", () => {
    const named = (names: object) => Object.keys(names).map((name) => `plinth-${environment.name}-${name}`);
    const kinds = objectsOf(training).filter(({ kind }) => kind === "JobSet");
    expect(kinds.map(({ metadata }) => metadata.name)).toEqual(named(jobs));
    expect(resources(training, "google_cloud_scheduler_job").map(({ name }) => name)).toEqual(
      named(schedules),
    );
    expect(resources(training, "google_workbench_instance").map(({ name }) => name)).toEqual(
      named(notebooks),
    );
  });

  test("lies apart from the cluster, and reaches it by what the platform says of it", () => {
    const [{ kubernetes }] = training.provider.helm as { kubernetes: { host: string } }[];
    expect(kubernetes.host).toMatch(/terraform_remote_state/);
    expect(training.resource?.google_container_cluster).toBeUndefined();
  });
});

test("the job of dev is told of its checkpoints what the trainer reads", () => {
  const [jobSet] = objectsOf(trainingOf("dev")).filter(({ kind }) => kind === "JobSet");
  const { replicatedJobs } = Object(jobSet).spec;
  const [{ env }] = replicatedJobs[0].template.spec.template.spec.containers as {
    env: { name: string; value?: string }[];
  }[];
  const values = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  const { uri, supersededUri, keepLast, everySeconds, graceSeconds } = checkpointVariables;
  expect(
    checkpointConfigSchema.parse({
      uri: values[uri],
      supersededUri: values[supersededUri],
      keepLast: Number(values[keepLast]),
      everySeconds: Number(values[everySeconds]),
      graceSeconds: Number(values[graceSeconds]),
    }),
  ).toMatchObject({
    uri: "file:///checkpoints/sonnets",
    keepLast: dev.sizes.checkpointsKept,
    everySeconds: 60,
  });
});

test("a schedule rests where the environment says so", () => {
  expect(onlyResource(trainingOf("staging"), "google_cloud_scheduler_job").paused).toBe(true);
});

test("the training of prod waits for the foundation, even with nothing in it that refers to it", () => {
  const app = Testing.app();
  const [, foundation, , training] = compose(app, {
    ...prod,
    training: { ...prod.training, schedules: {}, notebooks: {}, jobs: {} },
  });
  expect(training.dependencies).toContain(foundation);
});

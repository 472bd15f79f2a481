import type { TerraformStack } from "cdktf";
import {
  AlertChannel,
  CheckpointBucket,
  DatasetBucket,
  EncryptionKey,
  ModelBucket,
  ScheduledTraining,
  type ScheduledTrainingProps,
} from "../../../constructs";
import { untemplated } from "../../support/helm-template";
import { findings, onlyResource, resources, type Terraform, terraformOf } from "../../support/terraform";

type Choices = Partial<ScheduledTrainingProps> | ((key: EncryptionKey) => Partial<ScheduledTrainingProps>);

function training(stack: TerraformStack, choices: Choices = {}): ScheduledTraining {
  const key = new EncryptionKey(stack, "Key", { name: "plinth-test", location: "europe-west4" });
  const checkpoints = new CheckpointBucket(stack, "Checkpoints", { name: "some-project-checkpoints", key });
  return new ScheduledTraining(stack, "Daily", {
    name: "tickets-daily",
    project: "some-project",
    key,
    checkpoints,
    schedule: "0 3 * * *",
    image: "europe-west4-docker.pkg.dev/acme-ml-dev/images/trainer:1.4.0",
    machineType: "g2-standard-8",
    ...(typeof choices === "function" ? choices(key) : choices),
  });
}

const terraform = (choices?: Choices) => terraformOf((stack) => training(stack, choices));

/** What Vertex AI is sent: the body is a local value, encoded as a whole. */
function bodyOf(text: Terraform) {
  const { body } = onlyResource(text, "google_cloud_scheduler_job").http_target as { body: string };
  const [, name] = /^\$\{base64encode\(local\.(\w+)\)\}$/.exec(body) ?? [];
  const { locals } = text as unknown as { locals: Readonly<Record<string, string>> };
  return JSON.parse(untemplated(locals[name]));
}

const firstPool = (choices?: Choices) => bodyOf(terraform(choices)).jobSpec.workerPoolSpecs[0];

describe("scheduled training", () => {
  test("asks Vertex AI for a custom job, as an account that can do that and no more", () => {
    const text = terraform();
    expect(onlyResource(text, "google_cloud_scheduler_job")).toMatchObject({
      name: "tickets-daily",
      schedule: "0 3 * * *",
      time_zone: "Etc/UTC",
      paused: false,
      http_target: {
        http_method: "POST",
        uri: expect.stringMatching(
          /^https:\/\/europe-west4-aiplatform\.googleapis\.com\/v1\/projects\/some-project\/locations\/europe-west4\/customJobs$/,
        ),
        oauth_token: {
          service_account_email: expect.stringMatching(
            /^\$\{google_service_account\.Daily_Scheduler_\w+\.email\}$/,
          ),
          scope: "https://www.googleapis.com/auth/cloud-platform",
        },
      },
    });
    expect(onlyResource(text, "google_project_iam_member")).toMatchObject({
      role: "roles/aiplatform.user",
      member: expect.stringMatching(/Daily_Scheduler_/),
    });
    expect(onlyResource(text, "google_service_account_iam_member")).toMatchObject({
      role: "roles/iam.serviceAccountUser",
      service_account_id: expect.stringMatching(/Daily_Identity_\w+\.name/),
      member: expect.stringMatching(/Daily_Scheduler_\w+\.member/),
    });
  });

  test("sends a job that is what its API takes, filled in at apply", () => {
    expect(bodyOf(terraform())).toEqual({
      displayName: "tickets-daily",
      jobSpec: {
        workerPoolSpecs: [
          {
            machineSpec: { machineType: "g2-standard-8", acceleratorType: "NVIDIA_L4", acceleratorCount: 1 },
            replicaCount: "1",
            diskSpec: { bootDiskType: "pd-ssd", bootDiskSizeGb: 100 },
            containerSpec: {
              imageUri: "europe-west4-docker.pkg.dev/acme-ml-dev/images/trainer:1.4.0",
              env: [
                {
                  name: "CHECKPOINT_URI",
                  value: expect.stringMatching(
                    /^file:\/\/\/gcs\/\$\{google_storage_bucket\.Checkpoints_\w+\.name\}\/tickets-daily\/\$\(CLOUD_ML_JOB_ID\)$/,
                  ),
                },
                {
                  name: "CHECKPOINT_SUPERSEDED_URI",
                  value: expect.stringMatching(/^file:\/\/\/gcs\/\$\{[\w.]+\.name\}\/superseded$/),
                },
                { name: "CHECKPOINT_KEEP_LAST", value: "5" },
                { name: "CHECKPOINT_EVERY_SECONDS", value: "600" },
                { name: "CHECKPOINT_GRACE_SECONDS", value: "25" },
              ],
            },
          },
        ],
        serviceAccount: expect.stringMatching(/^\$\{google_service_account\.Daily_Identity_\w+\.email\}$/),
        scheduling: { strategy: "STANDARD", timeout: "86400s", restartJobOnWorkerRestart: true },
      },
      labels: { schedule: "tickets-daily" },
      encryptionSpec: {
        kmsKeyName: expect.stringMatching(
          /^\$\{google_kms_crypto_key_iam_member\.Key_VertexAiAgent_\w+\.crypto_key_id\}$/,
        ),
      },
    });
  });

  test("leaves what a shell is to fill in, and quotes, as they are", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a shell fills in, and not Terraform
    const args = ["--name", 'a "b"', "${HOME}", "100%{x}", "back\\slash\n"];
    expect(firstPool({ command: ["sh", "-c"], args, env: { MODE: "full" } }).containerSpec).toMatchObject({
      command: ["sh", "-c"],
      args,
      env: expect.arrayContaining([{ name: "MODE", value: "full" }]),
    });
  });

  test("trains on several nodes, and on GPUs that are added to a machine", () => {
    const { workerPoolSpecs } = bodyOf(terraform({ nodes: 4, bootDiskGiB: 500 })).jobSpec;
    expect(workerPoolSpecs.map((pool: { replicaCount: string }) => pool.replicaCount)).toEqual(["1", "3"]);
    expect(workerPoolSpecs[1].diskSpec.bootDiskSizeGb).toBe(500);
  });

  test("starts machines that have no persistent disks from Hyperdisk", () => {
    expect(firstPool({ machineType: "a3-ultragpu-8g" }).diskSpec.bootDiskType).toBe("hyperdisk-balanced");
  });

  test("takes Spot machines, or waits until all of them are free", () => {
    expect(bodyOf(terraform({ capacity: "spot" })).jobSpec.scheduling).toMatchObject({
      strategy: "SPOT",
      maxWaitDuration: "86400s",
    });
    expect(
      bodyOf(terraform({ capacity: "flex-start", waitHours: 48, timeoutHours: 12 })).jobSpec.scheduling,
    ).toMatchObject({ strategy: "FLEX_START", maxWaitDuration: "172800s", timeout: "43200s" });
  });

  test("can write checkpoints and models and read datasets", () => {
    const text = terraform((key) => ({
      datasets: [
        new DatasetBucket(key, "Tickets", {
          name: "some-project-tickets",
          key,
          dataClassification: "internal",
        }),
      ],
      models: [new ModelBucket(key, "Models", { name: "some-project-models", key })],
    }));
    const grants = resources(text, "google_storage_bucket_iam_member");
    expect(
      grants
        .map(({ bucket, role }) => [
          /_(Tickets|Models)_|\.(Checkpoints)_/.exec(String(bucket))?.slice(1).join(""),
          role,
        ])
        .sort(),
    ).toEqual([
      ["Checkpoints", "roles/storage.objectUser"],
      ["Models", "roles/storage.objectUser"],
      ["Tickets", "roles/storage.objectViewer"],
    ]);
    expect(grants.every(({ member }) => /Daily_Identity_/.test(String(member)))).toBe(true);
  });

  test("tells somebody when a job could not be started", () => {
    const text = terraformOf((stack) => {
      const alertTo = [new AlertChannel(stack, "Mail", { email: "ml@acme.example" })];
      training(stack, { alertTo, paused: true, timeZone: "Europe/Amsterdam" });
    });
    expect(onlyResource(text, "google_monitoring_alert_policy")).toMatchObject({
      conditions: [
        {
          condition_matched_log: {
            filter:
              'resource.type="cloud_scheduler_job" resource.labels.job_id="tickets-daily" severity>=ERROR',
          },
        },
      ],
      notification_channels: [expect.stringContaining("google_monitoring_notification_channel")],
    });
    expect(onlyResource(text, "google_cloud_scheduler_job")).toMatchObject({
      paused: true,
      time_zone: "Europe/Amsterdam",
    });
  });

  test("is refused with every finding at once", () => {
    const refused = (choices: Choices) =>
      findings((stack) => training(stack, choices)).map(({ property, remedy }) => [property, remedy]);
    expect(
      refused({
        name: "a-name-that-is-far-too-long",
        project: "P",
        schedule: "every day 03:00",
        timeZone: "Europe/Amsterdamm",
        image: "no image",
        env: { CHECKPOINT_URI: "x", "1": "y" },
        machineType: "g2-standard-9",
        nodes: 0,
        bootDiskGiB: 10,
        checkpointEverySeconds: 0,
        timeoutHours: 169,
        waitHours: 1,
      }),
    ).toEqual([
      ["name", "use at most 25 characters"],
      ["project", expect.stringContaining("use 6 to 30")],
      ["schedule", expect.stringContaining("state minute, hour, day of the month")],
      ["timeZone", "name it as the tz database does, as Europe/Amsterdam"],
      ["image", "use registry/path:tag or registry/path@sha256:digest"],
      ["env.1", "use letters, digits and underscores, no digit first"],
      ["env.CHECKPOINT_URI", "leave it out: the job sets it"],
      ["machineType", expect.stringContaining("Use a machine type of the catalog")],
      ["nodes", "use a whole number from 1 to 1000"],
      ["bootDiskGiB", "use a whole number from 100 to 64000"],
      ["checkpointEverySeconds", "use a whole number from 1 to 86400"],
      ["timeoutHours", "use a whole number from 1 to 168"],
      ["waitHours", expect.stringContaining("leave it out")],
    ]);
    expect(refused({ machineType: "ct5lp-hightpu-4t" })).toEqual([
      ["machineType", expect.stringContaining("or a TrainingJob")],
    ]);
    expect(refused({ accelerator: { accelerator: "nvidia-l4", count: 2 } })).toEqual([
      ["accelerator", "leave it out: 1 nvidia-l4 come with g2-standard-8"],
    ]);
    expect(refused({ timeZone: "+02:00" })).toEqual([["timeZone", expect.anything()]]);
  });
});

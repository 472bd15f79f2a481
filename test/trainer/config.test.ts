import {
  checkpointConfigSchema,
  checkpointEnvironment,
  checkpointFolder,
  checkpointVariables,
} from "../../trainer/src/checkpoint-config";
import { JobConfigError, jobConfigFromEnvironment, trainerVariables } from "../../trainer/src/config";
import { runJob } from "../../trainer/src/job";
import { usage } from "../../trainer/src/usage";

const URI = { CHECKPOINT_URI: "file:///checkpoints/run" };

function findings(env: Record<string, string>): readonly string[] {
  try {
    jobConfigFromEnvironment(env);
  } catch (cause) {
    if (cause instanceof JobConfigError) return cause.findings;
    throw cause;
  }
  return [];
}

test("only the checkpoints' folder has to be named", () => {
  const { checkpoint, trainer } = jobConfigFromEnvironment({ ...URI, TRAINER_SEED: "" });
  expect(checkpoint).toEqual(checkpointConfigSchema.parse({ uri: "file:///checkpoints/run" }));
  expect(trainer).toMatchObject({
    steps: 2000,
    batchSize: 32,
    seed: 1,
    textFile: expect.stringMatching(/sonnets\.txt$/),
  });
});

test("a program reads what the construct renders", () => {
  const config = {
    uri: "gs://acme-checkpoints/run",
    supersededUri: "gs://acme-checkpoints/superseded",
    keepLast: 2,
    everySeconds: 30,
    graceSeconds: 10,
  };
  expect(jobConfigFromEnvironment(checkpointEnvironment(config)).checkpoint).toEqual(config);
});

test("every variable has its setting's type", () => {
  const env = {
    ...URI,
    TRAINER_LEARNING_RATE: "1e-2",
    TRAINER_CHECKPOINT_STEPS: " 7 ",
    TRAINER_TEXT_FILE: "/t",
  };
  expect(jobConfigFromEnvironment(env).trainer).toMatchObject({
    learningRate: 0.01,
    checkpointSteps: 7,
    textFile: "/t",
  });
});

test("all that is wrong is said at once, with the variable, the rule and the value", () => {
  expect(
    findings({
      CHECKPOINT_KEEP_LAST: "0",
      CHECKPOINT_EVERY_SECOND: "10",
      TRAINER_STEPS: "many",
      TRAINER_LEARNING_RATE: "-1",
      TRAINER_LOG_LEVEL: "loud",
      TRAINER_HIDDEN: "7",
    }),
  ).toEqual([
    "CHECKPOINT_URI: is required",
    'CHECKPOINT_KEEP_LAST: must be a whole number from 1, got "0"',
    'TRAINER_STEPS: must be a whole number from 1 to 999999999, got "many"',
    'TRAINER_LEARNING_RATE: must be a number above 0, at most 1, got "-1"',
    'TRAINER_LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent, got "loud"',
    "CHECKPOINT_EVERY_SECOND: unknown variable; known are CHECKPOINT_URI, CHECKPOINT_SUPERSEDED_URI, " +
      'CHECKPOINT_KEEP_LAST, CHECKPOINT_EVERY_SECONDS, CHECKPOINT_GRACE_SECONDS, got "10"',
    expect.stringMatching(/^TRAINER_HIDDEN: unknown variable; known are TRAINER_STEPS, .*, got "7"$/),
  ]);
});

test("help names every variable, with what it is and its default", () => {
  for (const variable of [...Object.values(checkpointVariables), ...Object.values(trainerVariables)])
    expect(usage()).toMatch(new RegExp(`^  ${variable}: .{20,}\\.$`, "m"));
  expect(usage()).toContain(
    "CHECKPOINT_KEEP_LAST: Generations that stay where they are, for a resume to find. Default: 5.",
  );
});

test("a process with arguments says so, and does not train", async () => {
  const printed = jest.spyOn(console, "log").mockImplementation(() => {});
  expect(await runJob(URI, ["--help"])).toBe(0);
  expect(await runJob(URI, ["--steps", "5"])).toBe(2);
  expect(printed).toHaveBeenNthCalledWith(2, usage());
  printed.mockRestore();
});

test.each([
  ["file:///checkpoints/run", "/checkpoints/run"],
  ["/checkpoints/run", "/checkpoints/run"],
  ["gs://acme-checkpoints/team/run", "/gcs/acme-checkpoints/team/run"],
])("%s lies at %s", (uri, folder) => {
  expect(checkpointConfigSchema.parse({ uri }).uri).toBe(uri);
  expect(checkpointFolder(uri)).toBe(folder);
});

test.each([
  "gs://acme-checkpoints",
  "gs://acme-checkpoints/",
  "checkpoints/run",
  "s3://bucket/run",
  "file:///a b",
  "/",
])("%s is no folder of checkpoints", (uri) => {
  expect(findings({ CHECKPOINT_URI: uri })).toEqual([
    "CHECKPOINT_URI: must name a folder of a mounted bucket, as file:///checkpoints/run, " +
      `or as gs://bucket/run where Vertex AI mounts it, got ${JSON.stringify(uri)}`,
  ]);
});

test.each(["file:///checkpoints/run", "file:///checkpoints/run/old"])(
  "superseded generations may not lie among the others: %s",
  (superseded) => {
    expect(findings({ ...URI, CHECKPOINT_SUPERSEDED_URI: superseded })).toEqual([
      `CHECKPOINT_SUPERSEDED_URI: must not lie inside CHECKPOINT_URI (file:///checkpoints/run), got "${superseded}"`,
    ]);
  },
);

test("a folder may be called after another variable, which is filled in here where nobody has before", () => {
  const uri = "file:///gcs/bucket/daily/$(CLOUD_ML_JOB_ID)";
  const env = { CHECKPOINT_URI: uri, CHECKPOINT_SUPERSEDED_URI: "file:///gcs/bucket/superseded" };
  expect(jobConfigFromEnvironment({ ...env, CLOUD_ML_JOB_ID: "42" }).checkpoint.uri).toBe(
    "file:///gcs/bucket/daily/42",
  );
  expect(findings(env)).toEqual([
    `CHECKPOINT_URI: $(CLOUD_ML_JOB_ID) stands for the variable CLOUD_ML_JOB_ID, which is not set, got "${uri}"`,
  ]);
});

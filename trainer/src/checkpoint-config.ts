import { z } from "zod";

/**
 * The seam between a training job's construct and the program that it runs: the construct renders the container's
 * environment from this schema, the program parses its environment with it. Any trainer can read the five variables.
 * This file has no side effects and imports nothing of ours.
 */

const folder = z
  .string()
  .regex(
    /^(?:(?:file:\/\/)?\/|gs:\/\/[^\s/]+\/)[^\s]*[^\s/]$/,
    "must name a folder of a mounted bucket, as file:///checkpoints/run, or as gs://bucket/run where Vertex AI mounts it",
  );

export const checkpointConfigSchema = z.strictObject({
  uri: folder.describe(
    "Folder of the run's checkpoints, one generation each, below where the bucket is mounted: file:///checkpoints/<run>, or gs://<bucket>/<run>, which Vertex AI mounts at /gcs/<bucket>/<run>. What it holds is what a restarted job resumes from.",
  ),
  supersededUri: folder
    .optional()
    .describe(
      "Folder of the same bucket that generations beyond keepLast are renamed into; the bucket empties it. Default: they are deleted.",
    ),
  keepLast: z
    .number()
    .int()
    .min(1)
    .default(5)
    .describe("Generations that stay where they are, for a resume to find."),
  everySeconds: z
    .number()
    .int()
    .min(1)
    .default(600)
    .describe("Time between two checkpoints in seconds: the most work that a preemption costs."),
  graceSeconds: z
    .number()
    .int()
    .min(0)
    .default(25)
    .describe("Time from SIGTERM to SIGKILL in seconds, in which a last checkpoint has to be written."),
});

export type CheckpointConfig = z.output<typeof checkpointConfigSchema>;
export type CheckpointConfigInput = z.input<typeof checkpointConfigSchema>;

/** The environment variable of each setting. */
export const checkpointVariables = {
  uri: "CHECKPOINT_URI",
  supersededUri: "CHECKPOINT_SUPERSEDED_URI",
  keepLast: "CHECKPOINT_KEEP_LAST",
  everySeconds: "CHECKPOINT_EVERY_SECONDS",
  graceSeconds: "CHECKPOINT_GRACE_SECONDS",
} as const satisfies Readonly<Record<keyof CheckpointConfig, string>>;

/** The path that a CHECKPOINT_URI or CHECKPOINT_SUPERSEDED_URI stands for inside the container. */
export function checkpointFolder(uri: string): string {
  return uri.replace(/^file:\/\//, "").replace(/^gs:\/\//, "/gcs/");
}

/** The environment of a container that checkpoints so, every setting stated. */
export function checkpointEnvironment(input: CheckpointConfigInput): Record<string, string> {
  const config = checkpointConfigSchema.parse(input);
  return Object.fromEntries(
    Object.entries(checkpointVariables).flatMap(([setting, variable]) => {
      const value = config[setting as keyof CheckpointConfig];
      return value === undefined ? [] : [[variable, String(value)]];
    }),
  );
}

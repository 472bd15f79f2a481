import { join } from "node:path";
import { z } from "zod";
import { type CheckpointConfig, checkpointConfigSchema, checkpointVariables } from "./checkpoint-config";
import { TrainingError } from "./errors";

const integer = (min: number, max: number) => z.number().int().min(min).max(max);

export const trainerConfigSchema = z.strictObject({
  steps: integer(1, 999_999_999)
    .default(2_000)
    .describe("Steps after which the training is finished. A finished run continues where this is raised."),
  batchSize: integer(1, 65_536).default(32).describe("Characters that one step learns to predict."),
  learningRate: z.number().positive().max(1).default(0.003).describe("Adam's learning rate."),
  seed: integer(0, 4_294_967_295)
    .default(1)
    .describe("Determines the first weights and the order of the data."),
  contextLength: integer(1, 1_024)
    .default(10)
    .describe("Characters that the model sees of what goes before the one to predict."),
  embeddingSize: integer(1, 4_096).default(10).describe("Numbers that stand for a character."),
  hiddenSize: integer(1, 65_536).default(100).describe("Units of the hidden layer."),
  textFile: z
    .string()
    .min(1)
    .default(join(__dirname, "../data/sonnets.txt"))
    .describe("Text to learn from, UTF-8. Default: 32 of Shakespeare's sonnets."),
  checkpointSteps: integer(1, 999_999_999)
    .optional()
    .describe("Steps between two checkpoints, in place of CHECKPOINT_EVERY_SECONDS. Default: time decides."),
  logLevel: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("Least severe level that is logged."),
});

export type TrainerConfig = z.output<typeof trainerConfigSchema>;

/** The environment variable of each setting: `batchSize` -> `TRAINER_BATCH_SIZE`. */
export const trainerVariables = Object.fromEntries(
  Object.keys(trainerConfigSchema.shape).map((setting) => [
    setting,
    `TRAINER_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
  ]),
) as Readonly<Record<keyof TrainerConfig, string>>;

export type JobConfig = Readonly<{ checkpoint: CheckpointConfig; trainer: TrainerConfig }>;

/** What is wrong with one variable: what it must be, and what was received, absent where nothing was. */
export type VariableFault = Readonly<{ variable: string; rule: string; got?: string }>;

/** A configuration that cannot be used, with every fault. */
export class JobConfigError extends TrainingError {
  /** The faults in words, one sentence each. */
  readonly findings: readonly string[];

  constructor(readonly faults: readonly VariableFault[]) {
    const findings = faults.map(
      ({ variable, rule, got }) => `${variable}: ${rule}${got === undefined ? "" : `, got ${got}`}`,
    );
    super("invalid_configuration", `training configuration: ${findings.join("; ")}`);
    this.name = "JobConfigError";
    this.findings = findings;
  }
}

/**
 * Reads the configuration from environment variables; an empty variable counts as unset.
 * @throws JobConfigError with all findings, unknown `CHECKPOINT_*` and `TRAINER_*` variables among them
 */
export function jobConfigFromEnvironment(env: Readonly<Record<string, string | undefined>>): JobConfig {
  const checkpoint = read(checkpointConfigSchema, checkpointVariables, filledIn(env));
  const trainer = read(trainerConfigSchema, trainerVariables, env);
  const faults = [
    ...(checkpoint.faults ?? []),
    ...(trainer.faults ?? []),
    ...(checkpoint.value ? checkFolders(checkpoint.value) : []),
    ...unknownVariables(env),
  ];
  if (faults.length > 0 || !checkpoint.value || !trainer.value) throw new JobConfigError(faults);
  return { checkpoint: checkpoint.value, trainer: trainer.value };
}

type Reading<Value> =
  | Readonly<{ value: Value; faults?: undefined }>
  | Readonly<{ value?: undefined; faults: readonly VariableFault[] }>;

function read<Schema extends z.ZodObject>(
  schema: Schema,
  variables: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
): Reading<z.output<Schema>> {
  const set = Object.entries(variables).filter(([, variable]) => env[variable]);
  const result = schema.safeParse(
    Object.fromEntries(
      set.map(([setting, variable]) => [setting, fromText(schema, setting, env[variable] as string)]),
    ),
  );
  if (result.success) return { value: result.data };
  return {
    faults: result.error.issues.map(({ path, message, code }) => {
      const setting = String(path[0]);
      const variable = variables[setting];
      const text = env[variable];
      if (!text) return { variable, rule: "is required" };
      const rule = code === "invalid_format" ? message : `must be ${requirement(schema, setting)}`;
      return { variable, rule, got: JSON.stringify(text) };
    }),
  };
}

/** `$(NAME)` stands for another variable, which whoever starts the container fills in, or else the program itself. */
const REFERENCE = /\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g;

function filledIn(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(env).map(([variable, text]) => [
      variable,
      text?.replace(REFERENCE, (reference, name: string) => env[name] || reference),
    ]),
  );
}

/**
 * A folder whose name nobody filled in is that of every job: the second would find the first one's training finished. And
 * a generation is renamed from one folder into the other, so that neither may be mistaken for the other's content.
 */
function checkFolders({ uri, supersededUri }: CheckpointConfig): VariableFault[] {
  const [reference, name] = uri.matchAll(REFERENCE).next().value ?? [];
  if (reference !== undefined)
    return [
      {
        variable: checkpointVariables.uri,
        rule: `${reference} stands for the variable ${name}, which is not set`,
        got: JSON.stringify(uri),
      },
    ];
  if (supersededUri === undefined || !`${supersededUri}/`.startsWith(`${uri}/`)) return [];
  const rule = `must not lie inside ${checkpointVariables.uri} (${uri})`;
  return [{ variable: checkpointVariables.supersededUri, rule, got: JSON.stringify(supersededUri) }];
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): VariableFault[] {
  const known = [...Object.values(checkpointVariables), ...Object.values(trainerVariables)];
  return Object.entries(env).flatMap(([variable, text]) => {
    const [prefix] = /^(?:CHECKPOINT|TRAINER)_/.exec(variable) ?? [];
    if (!text || !prefix || known.includes(variable)) return [];
    const ours = known.filter((name) => name.startsWith(prefix)).join(", ");
    return [{ variable, rule: `unknown variable; known are ${ours}`, got: JSON.stringify(text) }];
  });
}

/** What a setting accepts, as JSON Schema says it. */
type SettingSchema = Readonly<{
  type?: string;
  minimum?: number;
  maximum?: number;
  enum?: readonly string[];
}>;

function settingSchema(schema: z.ZodObject, setting: string): SettingSchema {
  return z.toJSONSchema(schema.shape[setting], { io: "input" }) as SettingSchema;
}

/** What a setting accepts, in words. */
function requirement(schema: z.ZodObject, setting: string): string {
  const {
    type,
    minimum = 0,
    maximum = Number.MAX_SAFE_INTEGER,
    enum: choices,
  } = settingSchema(schema, setting);
  if (choices) return `one of ${choices.join(", ")}`;
  if (type === "number") return `a number above ${minimum}, at most ${maximum}`;
  if (type !== "integer") return "text";
  return `a whole number from ${minimum}${maximum === Number.MAX_SAFE_INTEGER ? "" : ` to ${maximum}`}`;
}

/** What the text of a variable says in its setting's type; the text itself where it says nothing of that type. */
function fromText(schema: z.ZodObject, setting: string, text: string): string | number {
  const { type } = settingSchema(schema, setting);
  const trimmed = text.trim();
  if (type === "integer" && /^-?\d+$/.test(trimmed)) return Number(trimmed);
  if (type === "number" && /^-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?$/i.test(trimmed)) return Number(trimmed);
  return text;
}

import { join } from "node:path";
import { App, TerraformResource, type TerraformStack } from "cdktf";
import { Policies, type PolicyCounts } from "../constructs";
import { BootstrapStack, FoundationStack, PlatformStack, ServingStack, TrainingStack } from "../stacks";
import { type Environment, stateBucketOf } from "./environment";
import { loadEnvironments } from "./load";
import { servedCheckpoint } from "./served-checkpoint";
import { withoutSourceMaps } from "./without-source-maps";

export interface EnvironmentSummary {
  readonly name: string;
  readonly project: string;
  readonly region: string;
  readonly stacks: readonly StackSummary[];
  /** What the policy rules have against the stacks. */
  readonly policy: PolicyCounts;
}

export interface StackSummary {
  readonly name: string;
  /** Resources that Terraform manages; what it only reads is not counted. */
  readonly resources: number;
  /** Folder of the stack's Terraform JSON. */
  readonly path: string;
}

export interface SynthesiseOptions {
  /**
   * Names of the environments.
   *
   * @default - all of them
   */
  readonly names?: readonly string[];

  /**
   * Folder to write to.
   *
   * @default - the folder that the cdktf command names, otherwise `cdktf.out`
   */
  readonly outdir?: string;
}

/**
 * Writes the Terraform JSON of the environments.
 * @throws ConstructError with all findings on the environments, or on a construct, or with all policy errors
 */
export function synthesise({ names, outdir }: SynthesiseOptions = {}): EnvironmentSummary[] {
  return withoutSourceMaps(() => written(names, outdir));
}

function written(
  names: SynthesiseOptions["names"],
  outdir: SynthesiseOptions["outdir"],
): EnvironmentSummary[] {
  // Stack traces would put this machine's paths into the output.
  const app = new App({ outdir, stackTraces: false });
  const composed = loadEnvironments(names).map((environment) => {
    const stacks = compose(app, environment);
    const { name, policy } = environment;
    return { environment, stacks, policies: Policies.enforce(stacks, { name, ...policy }) };
  });
  app.synth();
  return composed.map(({ environment: { name, project, region }, stacks, policies }) => ({
    name,
    project,
    region,
    stacks: stacks.map((stack) => summarise(app, stack)),
    policy: countsOf(policies),
  }));
}

/** The stacks of one environment, in the order in which they are deployed. */
export function compose(app: App, environment: Environment): TerraformStack[] {
  const { name, project, region, labels, callers, state, sizes, switches } = environment;
  const { keys, dataClassification, publishing, audit, alertEmails, network, secrets } = environment;
  const {
    quotas,
    budget,
    perimeter,
    zones,
    platform: platformSettings,
    training: trainingSettings,
  } = environment;
  const {
    serving: { checkpointConfig, ...servingSizes },
    ...foundationSizes
  } = sizes;
  const stateBucketName = stateBucketOf(environment);
  const common = { environment: name, project, region, labels };
  const remote = { ...common, stateBucket: stateBucketName };

  const bootstrap = new BootstrapStack(app, `${name}-bootstrap`, {
    ...(state.bootstrap === "bucket" ? remote : common),
    stateBucketName,
    keys,
  });
  const foundation = new FoundationStack(app, `${name}-foundation`, {
    ...remote,
    ...switches,
    ...foundationSizes,
    keys,
    dataClassification,
    publishing,
    audit,
    alertEmails,
    network,
    secrets,
    quotas,
    budget,
    perimeter,
  });
  foundation.addDependency(bootstrap);
  const { key, models, images, datasets, checkpoints, alertTo } = foundation;
  const { deletionProtection } = switches;
  const platform = new PlatformStack(app, `${name}-platform`, {
    ...remote,
    ...platformSettings,
    deletionProtection,
    zones,
    key,
    network: foundation.network,
    images,
    checkpoints,
  });
  platform.addDependency(foundation);
  const training = new TrainingStack(app, `${name}-training`, {
    ...remote,
    ...trainingSettings,
    deletionProtection,
    key,
    network: foundation.network,
    cluster: platform.cluster,
    pools: platform.pools,
    images,
    mirror: platform.mirror,
    datasets,
    checkpoints,
    alertTo,
  });
  training.addDependency(platform);
  const serving = new ServingStack(app, `${name}-serving`, {
    ...remote,
    deletionProtection,
    ...servingSizes,
    checkpoint: servedCheckpoint(checkpointConfig).checkpoint,
    key,
    models,
    images,
    callers,
  });
  serving.addDependency(foundation);
  return [bootstrap, foundation, platform, training, serving];
}

function countsOf({ report }: Policies): PolicyCounts {
  if (report === undefined) throw new Error("the app was written without being judged");
  const { errors, warnings, suppressed } = report;
  return { errors, warnings, suppressed };
}

function summarise(app: App, stack: TerraformStack): StackSummary {
  return {
    name: stack.node.id,
    resources: stack.node.findAll().filter(TerraformResource.isTerraformResource).length,
    path: join(app.outdir, "stacks", stack.node.id),
  };
}

import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { GcsBackend, LocalBackend, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { ConstructError } from "../constructs";
import { checkStack } from "./stack-checks";

export interface PlinthStackProps {
  /** Name of the environment, part of every name in it. */
  readonly environment: string;

  readonly project: string;

  readonly region: string;

  /**
   * Labels of everything that can carry labels, beside `environment` and `managed-by`.
   *
   * @default - no others
   */
  readonly labels?: Readonly<Record<string, string>>;

  /**
   * Bucket that holds the stack's state, under the stack's id.
   *
   * @default - a file beside the output folder, `terraform.<stack>.tfstate`
   */
  readonly stateBucket?: string;
}

/** One Terraform state and one blast radius, in one project and region. */
export class PlinthStack extends TerraformStack {
  readonly project: string;
  readonly region: string;
  private readonly environment: string;

  constructor(scope: Construct, id: string, props: PlinthStackProps) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkStack(props));
    const { environment, project, region, labels, stateBucket } = props;
    this.environment = environment;
    this.project = project;
    this.region = region;

    const google = new GoogleProvider(this, "google", {
      project,
      region,
      // Whoever applies with a user's own credentials has no quota of their own with some APIs, as those of
      // organisation policies and budgets.
      userProjectOverride: true,
      billingProject: project,
    });
    // As a prop the labels' keys would be rewritten to snake case, as arguments are: cost-center to cost_center.
    google.addOverride("default_labels", { ...labels, environment, "managed-by": "plinth" });
    if (stateBucket === undefined)
      // Terraform runs in <output folder>/stacks/<stack>. cdktf's own default is an absolute path, which would
      // make the output differ from one machine to the next.
      new LocalBackend(this, { path: `../../../terraform.${id}.tfstate` });
    else new GcsBackend(this, { bucket: stateBucket, prefix: id });
  }

  /** A name that is unique in the project: `plinth-<environment>-<part>`. */
  protected named(part: string): string {
    return `plinth-${this.environment}-${part}`;
  }

  /** A name that is unique in all of Google Cloud, as buckets need one. */
  protected globallyNamed(part: string): string {
    return `${this.project}-${part}`;
  }
}

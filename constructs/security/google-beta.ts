import { TerraformProvider, TerraformResource, TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** The version that the bindings of the google provider are generated from. */
const VERSION = "6.50.0";

/**
 * The google-beta provider, configured as the stack's google provider is. Its bindings weigh as much as
 * google's own, so the single resource that is needed from it is bound by hand below.
 */
class GoogleBetaProvider extends TerraformProvider {
  /** The stack's google-beta provider, added where nobody declared one. */
  static of(scope: Construct): TerraformProvider {
    const stack = TerraformStack.of(scope);
    return providerOf(stack, "google-beta") ?? new GoogleBetaProvider(stack);
  }

  constructor(stack: TerraformStack) {
    super(stack, "google-beta", {
      terraformResourceType: "google-beta",
      terraformGeneratorMetadata: { providerName: "google-beta", providerVersion: VERSION },
      terraformProviderSource: "google-beta",
    });
  }

  override toTerraform(): unknown {
    return this.like((google) => google.toTerraform());
  }

  override toHclTerraform(): unknown {
    return this.like((google) => google.toHclTerraform());
  }

  private like(render: (google: TerraformProvider) => { provider: { google: unknown } }): unknown {
    const google = providerOf(TerraformStack.of(this), "google");
    return {
      terraform: { required_providers: { "google-beta": { source: "google-beta", version: VERSION } } },
      provider: { "google-beta": google ? render(google).provider.google : [{}] },
    };
  }
}

function providerOf(stack: TerraformStack, type: string): TerraformProvider | undefined {
  return stack.node
    .findAll()
    .filter(TerraformProvider.isTerraformProvider)
    .find(({ terraformResourceType, alias }) => terraformResourceType === type && alias === undefined);
}

export interface ProjectServiceIdentityConfig {
  readonly service: string;
}

/** `google_project_service_identity`: makes Google create a service's agent before its first use. */
export class ProjectServiceIdentity extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly config: ProjectServiceIdentityConfig,
  ) {
    super(scope, id, {
      terraformResourceType: "google_project_service_identity",
      terraformGeneratorMetadata: { providerName: "google-beta", providerVersion: VERSION },
      provider: GoogleBetaProvider.of(scope),
    });
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { service: this.config.service };
  }

  protected override synthesizeHclAttributes(): Record<string, unknown> {
    const value = this.config.service;
    return { service: { value, isBlock: false, type: "simple", storageClassType: "string" } };
  }
}

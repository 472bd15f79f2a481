import { join } from "node:path";
import { Release } from "@cdktf/provider-helm/lib/release";
import { DataResource, type ITerraformDependable, TerraformAsset, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { checkName } from "../catalog/names";
import type { ICluster } from "../compute/cluster";
import { ConstructError, type Finding } from "../construct-error";
import { helmOf } from "./cluster-helm";
import { checkHelmNames, type HelmName, releaseKey, takeHelmNames } from "./helm-names";
import { jsonText } from "./json-text";
import type { KubernetesObject } from "./kubernetes-object";
import { waitable } from "./same-stack";

export interface RenderedChartProps {
  readonly cluster: ICluster;

  /** Name of the release in its namespace: at most 53 characters. */
  readonly release: string;

  /** Namespace of the release, and of its objects that name no other. It has to exist. */
  readonly namespace: string;

  /** What is installed. No two of a kind have one name in one namespace. */
  readonly objects: readonly KubernetesObject[];

  /**
   * Whether a change of any object takes all of them away and installs them anew, for what Kubernetes refuses to change.
   *
   * @default false
   */
  readonly replacedOnChange?: boolean;

  /**
   * Longest time that the cluster may take over one of them.
   *
   * @default 300
   */
  readonly timeoutSeconds?: number;

  /**
   * What has to exist before.
   *
   * @default - nothing but the cluster
   */
  readonly waitFor?: readonly ITerraformDependable[];
}

/**
 * Kubernetes objects as a Helm release. Helm takes away what is no longer declared, and needs none of their kinds to be
 * known to the cluster when Terraform plans, as the Kubernetes provider's manifests do.
 *
 * Objects hold what is known only at apply, so that no file can hold them: the chart is one small template, the same for
 * all, and they are its values. A plan shows what changes in them.
 */
export class RenderedChart extends Construct {
  /** To wait for. */
  readonly resource: ITerraformDependable;

  constructor(scope: Construct, id: string, props: RenderedChartProps) {
    super(scope, id);
    const { cluster, release, namespace, objects, timeoutSeconds = 300, waitFor = [] } = props;
    const names = namesOf(props);
    ConstructError.throwIfAny(this, [...checkRenderedChart(props), ...checkHelmNames(cluster, names)]);
    takeHelmNames(cluster, names, this);

    const values = jsonText({
      objects: Object.fromEntries(objects.map((object) => [keyOf(object), object])),
    });
    const trigger = props.replacedOnChange
      ? new DataResource(this, "Objects", { triggersReplace: { values } })
      : undefined;
    this.resource = new Release(this, "Resource", {
      provider: helmOf(this, cluster),
      name: release,
      namespace,
      chart: `\${path.module}/${chartOf(this)}`,
      values: [values],
      // What could not be installed as a whole is taken back, and does not stand in the way of the next attempt.
      atomic: true,
      cleanupOnFail: true,
      wait: true,
      timeout: timeoutSeconds,
      maxHistory: 5,
      dependsOn: waitable(this, [...cluster.ready, ...waitFor]),
      // Terraform takes a plain address here, where cdktf would write an expression.
      lifecycle: trigger && {
        replaceTriggeredBy: [`${trigger.terraformResourceType}.${trigger.friendlyUniqueId}`],
      },
    });
  }
}

/** Every reason for which Helm or Kubernetes would refuse a chart. */
function checkRenderedChart({
  release,
  namespace,
  objects,
}: Pick<RenderedChartProps, "release" | "namespace" | "objects">): Finding[] {
  const keys = objects.map(keyOf);
  return [
    ...checkName("helmRelease", "release", release),
    ...checkName("kubernetesNamespace", "namespace", namespace),
    ...keys
      .filter((key, index) => keys.indexOf(key) < index)
      .map((key) => ({ property: "objects", received: key, remedy: "declare it once" })),
  ];
}

/** What Helm knows by a name in a cluster, and the property that states it. */
function namesOf({ release, namespace, objects }: RenderedChartProps): HelmName[] {
  return [
    { property: "release", name: release, key: releaseKey(namespace, release) },
    ...objects.map(keyOf).map((key) => ({ property: "objects", name: key, key })),
  ];
}

/** What an object is known by in the plan. */
function keyOf({ kind, metadata: { namespace, name } }: KubernetesObject): string {
  return [kind, namespace, name].filter((part) => part !== undefined).join("/");
}

/** Where the chart lies, once for each stack, below the folder that Terraform runs in. */
function chartOf(scope: Construct): string {
  const stack = TerraformStack.of(scope);
  const existing = stack.node.tryFindChild("RenderedChart") as TerraformAsset | undefined;
  const chart = existing ?? new TerraformAsset(stack, "RenderedChart", { path: join(__dirname, "chart") });
  return chart.path;
}

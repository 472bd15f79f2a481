import { machineType } from "../catalog/machine-types";
import { checkName } from "../catalog/names";
import { checkWhole } from "../catalog/whole-numbers";
import type { Finding } from "../construct-error";
import type { QueuedCapacity } from "./training-queues";

/** What queues ask for, defaults filled in. */
export interface TrainingQueuesRequest {
  readonly clusterPath: string;
  readonly capacities: Readonly<Record<string, QueuedCapacity>>;
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly priorities: Readonly<Record<string, number>>;
  readonly startSeconds: number;
  readonly imageRegistry: string;
  readonly chartRegistry: string;
  /** Whether the queues bring the controllers, and which other construct has brought them. */
  readonly installs: boolean;
  readonly installedBy?: string;
}

/** Every reason for which queues would be refused, or would hand out nothing. */
export function checkTrainingQueues(request: TrainingQueuesRequest): Finding[] {
  const { capacities, name, namespaces, priorities } = request;
  return [
    // The release is called so with a suffix.
    ...checkName("kubernetesNamespace", "name", name),
    ...(name.length > 46 ? [{ property: "name", received: name, remedy: "use at most 46 characters" }] : []),
    ...checkSome("capacities", Object.keys(capacities)),
    ...Object.entries(capacities).flatMap(([flavor, capacity]) =>
      checkCapacity(`capacities.${flavor}`, flavor, capacity, request.clusterPath),
    ),
    ...checkSome("namespaces", namespaces),
    ...namespaces.flatMap((namespace, index) => [
      ...checkName("kubernetesNamespace", "namespaces", namespace),
      ...(namespaces.indexOf(namespace) < index
        ? [{ property: "namespaces", received: namespace, remedy: "state it once" }]
        : []),
    ]),
    ...checkSome("priorities", Object.keys(priorities)),
    ...Object.entries(priorities).flatMap(([priority, value]) => [
      ...checkName("kubernetesObject", `priorities.${priority}`, priority),
      ...checkWhole(`priorities.${priority}`, value, -1_000_000_000, 1_000_000_000),
    ]),
    ...checkWhole("startSeconds", request.startSeconds, 60, 86_400),
    ...checkName("imageRegistry", "imageRegistry", request.imageRegistry),
    ...checkName("imageRegistry", "chartRegistry", request.chartRegistry),
    ...checkInstalled(request),
  ];
}

function checkInstalled({ installs, installedBy }: TrainingQueuesRequest): Finding[] {
  if (!installs || installedBy === undefined) return [];
  const remedy = `set it to true: ${installedBy} installs them in this cluster`;
  return [{ property: "controllersInstalled", received: false, remedy }];
}

function checkSome(property: string, stated: readonly string[]): Finding[] {
  return stated.length > 0 ? [] : [{ property, received: stated, remedy: "state at least one" }];
}

function checkCapacity(
  property: string,
  flavor: string,
  { pool, nodesMax, queuedProvisioning }: QueuedCapacity,
  clusterPath: string,
): Finding[] {
  const findings = [
    ...checkName("kubernetesObject", property, flavor),
    ...checkWhole(`${property}.nodesMax`, nodesMax, 1, 15_000),
  ];
  if (pool.cluster.node.path !== clusterPath)
    findings.push({
      property: `${property}.pool`,
      received: pool.cluster.clusterName,
      remedy: "name a pool of the queues' own cluster",
    });
  if (machineType(pool.machineType) === undefined)
    findings.push({
      property: `${property}.pool`,
      received: pool.machineType,
      remedy: "use a machine type of the catalog: of this one nobody knows what jobs can have",
    });
  if (queuedProvisioning && pool.acceleratorResource === undefined)
    findings.push({
      property: `${property}.queuedProvisioning`,
      received: queuedProvisioning,
      remedy: "leave it out: only nodes with accelerators come so",
    });
  return findings;
}

import { cis, gdpr, pciDss } from "../control";
import type { Argument, RenderedResource } from "../rendered-resource";
import { type Objection, type ResourceRule, unresolved, violation } from "../rule";

/** Where each type says what account it runs as. */
const accounts: Readonly<Record<string, string>> = {
  google_cloud_run_service: "template.spec.service_account_name",
  google_cloud_run_v2_job: "template.template.service_account",
  google_cloud_run_v2_service: "template.service_account",
  google_cloud_run_v2_worker_pool: "template.service_account",
  google_cloudfunctions2_function: "service_config.service_account_email",
  google_cloudfunctions_function: "service_account_email",
  google_composer_environment: "config.node_config.service_account",
  google_compute_instance: "service_account.email",
  google_compute_instance_template: "service_account.email",
  google_compute_region_instance_template: "service_account.email",
  google_container_node_pool: "node_config.service_account",
  google_dataflow_job: "service_account_email",
  google_dataproc_cluster: "cluster_config.gce_cluster_config.service_account",
  google_notebooks_instance: "service_account",
  google_workbench_instance: "gce_setup.service_accounts.email",
  google_workflows_workflow: "service_account",
};

const CLUSTER = "google_container_cluster";

export const ownServiceAccount: ResourceRule = {
  id: "own-service-account",
  checks: "A workload runs as a service account of its own.",
  why: "The default account of a project is shared by all that names none, and is often an editor.",
  remedy: "name the account of a WorkloadIdentity",
  controls: [cis("4.1"), gdpr("Art. 25(2)"), pciDss("7.2.5")],
  level: "error",
  appliesTo: [...Object.keys(accounts), CLUSTER],
  judge: (workload) =>
    (workload.type === CLUSTER ? accountsOfNodes(workload) : accountsOf(workload)).flatMap(judgeAccount),
};

function accountsOf(workload: RenderedResource): Argument[] {
  // A virtual machine without the block has no account at all.
  const block = accounts[workload.type].match(/^(service_account)\.email$/)?.[1];
  return block !== undefined && workload.argument(block).isAbsent
    ? []
    : workload.arguments(accounts[workload.type]);
}

/** Node pools that are resources of their own say themselves what they run as. */
function accountsOfNodes(cluster: RenderedResource): Argument[] {
  if (cluster.argument("enable_autopilot").isTrue)
    return cluster.arguments("cluster_autoscaling.auto_provisioning_defaults.service_account");
  if (cluster.argument("remove_default_node_pool").isTrue) return [];
  return cluster.arguments("node_config.service_account");
}

/** The accounts that Google makes for a project, by address and by the data sources that find them. */
const ofTheProject =
  /-compute@developer\.gserviceaccount\.com$|@appspot\.gserviceaccount\.com$|@cloudbuild\.gserviceaccount\.com$|^default$|^\$\{data\.google_(?:compute|app_engine)_default_service_account\./;

function judgeAccount(account: Argument): Objection[] {
  if (account.isAbsent || ofTheProject.test(account.text)) return [violation(account)];
  if (!account.isUnresolved || /^\$\{google_service_account\./.test(account.text)) return [];
  return [unresolved(account)];
}

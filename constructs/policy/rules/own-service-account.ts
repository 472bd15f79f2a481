import { cis, gdpr, pciDss } from "../control";
import type { RenderedResource } from "../rendered-resource";
import { type ResourceRule, violation } from "../rule";

/** Where each type says what account it runs as. */
const accounts: Readonly<Record<string, string>> = {
  google_cloud_run_v2_job: "template.template.service_account",
  google_cloud_run_v2_service: "template.service_account",
  google_compute_instance: "service_account.email",
  google_compute_instance_template: "service_account.email",
  google_compute_region_instance_template: "service_account.email",
  google_container_node_pool: "node_config.service_account",
  google_workbench_instance: "gce_setup.service_accounts.email",
};

export const ownServiceAccount: ResourceRule = {
  id: "own-service-account",
  checks: "A workload runs as a service account of its own.",
  why: "The default account of a project is shared by all that names none, and is often an editor.",
  remedy: "name the account of a WorkloadIdentity",
  controls: [cis("4.1"), gdpr("Art. 25(2)"), pciDss("7.2.5")],
  level: "error",
  appliesTo: Object.keys(accounts),
  judge: (workload: RenderedResource) =>
    workload.arguments(accounts[workload.type]).flatMap((account) => {
      const isDefault =
        account.isAbsent || /-compute@developer\.gserviceaccount\.com$|^default$/.test(account.text);
      if (isDefault) return [violation(account)];
      if (!account.isUnresolved || /^\$\{google_service_account\./.test(account.text)) return [];
      return [{ property: account.property, received: account.written, unresolved: true }];
    }),
};

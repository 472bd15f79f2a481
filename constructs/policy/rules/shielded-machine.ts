import { cis, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

/** Where each type turns Secure Boot on. */
const secureBoot: Readonly<Record<string, string>> = {
  google_compute_instance: "shielded_instance_config.enable_secure_boot",
  google_compute_instance_template: "shielded_instance_config.enable_secure_boot",
  google_compute_region_instance_template: "shielded_instance_config.enable_secure_boot",
  google_container_node_pool: "node_config.shielded_instance_config.enable_secure_boot",
  google_notebooks_instance: "shielded_instance_config.enable_secure_boot",
  google_workbench_instance: "gce_setup.shielded_instance_config.enable_secure_boot",
};

export const shieldedMachine: ResourceRule = {
  id: "shielded-machine",
  checks: "A virtual machine starts nothing that is not signed.",
  why: "A changed boot loader or kernel runs below all that would notice it.",
  remedy: "set enable_secure_boot of shielded_instance_config to true",
  controls: [cis("4.8"), hipaa("164.312(c)(1)"), pciDss("2.2.1")],
  level: "error",
  appliesTo: Object.keys(secureBoot),
  judge: (machine) => expectEach(machine.arguments(secureBoot[machine.type]), ({ isTrue }) => isTrue),
};

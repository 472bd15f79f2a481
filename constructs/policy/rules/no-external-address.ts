import { cis, gdpr, hipaa, pciDss } from "../control";
import type { RenderedResource } from "../rendered-resource";
import { expectEach, type Objection, type ResourceRule, unresolved, violation } from "../rule";

const interfaces = ["network_interface.access_config", "network_interface.ipv6_access_config"];

/** Where types that have an external address by themselves turn it off. */
const withoutAddress: Readonly<Record<string, string>> = {
  google_dataproc_cluster: "cluster_config.gce_cluster_config.internal_ip_only",
  google_notebooks_instance: "no_public_ip",
  google_workbench_instance: "gce_setup.disable_public_ip",
};

export const noExternalAddress: ResourceRule = {
  id: "no-external-address",
  checks: "No virtual machine has an external address.",
  why: "What has one can be reached from, and can send data to, the whole internet.",
  remedy:
    "leave access_config out, or turn off what the type has instead of it: Cloud NAT serves what goes out, and a load balancer what comes in",
  controls: [cis("4.9"), gdpr("Art. 32(1)(b)"), hipaa("164.312(e)(1)"), pciDss("1.4.4")],
  level: "error",
  appliesTo: [
    "google_compute_instance",
    "google_compute_instance_from_template",
    "google_compute_instance_template",
    "google_compute_region_instance_template",
    ...Object.keys(withoutAddress),
  ],
  judge: (machine) =>
    machine.type in withoutAddress
      ? expectEach(machine.arguments(withoutAddress[machine.type]), ({ isTrue }) => isTrue)
      : interfaces.flatMap((block) => judgeInterfaces(machine, block)),
};

function judgeInterfaces(machine: RenderedResource, block: string): Objection[] {
  return machine.arguments(block).flatMap((address) => {
    if (address.isUnresolved) return [unresolved(address)];
    return address.isAbsent ? [] : [violation(address)];
  });
}

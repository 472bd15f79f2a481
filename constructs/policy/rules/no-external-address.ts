import { cis, gdpr, hipaa, pciDss } from "../control";
import type { RenderedResource } from "../rendered-resource";
import { expectEach, type Objection, type ResourceRule, unresolved, violation } from "../rule";

const interfaces = ["network_interface.access_config", "network_interface.ipv6_access_config"];

export const noExternalAddress: ResourceRule = {
  id: "no-external-address",
  checks: "No virtual machine has an external address.",
  why: "What has one can be reached from, and can send data to, the whole internet.",
  remedy: "leave access_config out: Cloud NAT serves what goes out, and a load balancer what comes in",
  controls: [cis("4.9"), gdpr("Art. 32(1)(b)"), hipaa("164.312(e)(1)"), pciDss("1.4.4")],
  level: "error",
  appliesTo: [
    "google_compute_instance",
    "google_compute_instance_template",
    "google_compute_region_instance_template",
    "google_workbench_instance",
  ],
  judge: (machine) =>
    machine.type === "google_workbench_instance"
      ? expectEach(machine.arguments("gce_setup.disable_public_ip"), ({ isTrue }) => isTrue)
      : interfaces.flatMap((block) => judgeInterfaces(machine, block)),
};

function judgeInterfaces(machine: RenderedResource, block: string): Objection[] {
  return machine.arguments(block).flatMap((address) => {
    if (address.isUnresolved) return [unresolved(address)];
    return address.isAbsent ? [] : [violation(address)];
  });
}

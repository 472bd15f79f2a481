import { gdpr, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";
import { purposesWithoutMachines } from "../subnet-purposes";

export const subnetPrivateAccess: ResourceRule = {
  id: "subnet-private-access",
  checks: "Machines of a subnet reach Google's APIs without the internet.",
  why: "They need neither an external address nor a way out for storage, keys and logs then.",
  remedy: "set private_ip_google_access to true",
  controls: [gdpr("Art. 32(1)(b)"), pciDss("1.4.4")],
  level: "error",
  appliesTo: ["google_compute_subnetwork"],
  judge: (subnet) =>
    purposesWithoutMachines.includes(subnet.argument("purpose").text)
      ? []
      : expectEach(subnet.arguments("private_ip_google_access"), ({ isTrue }) => isTrue),
};

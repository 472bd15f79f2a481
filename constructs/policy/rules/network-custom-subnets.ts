import { cis, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

export const networkCustomSubnets: ResourceRule = {
  id: "network-custom-subnets",
  checks: "A network's subnets are stated one by one.",
  why: "A network in auto mode has a subnet in every region of the world, with ranges that collide elsewhere.",
  remedy: "set auto_create_subnetworks to false",
  controls: [cis("3.1"), pciDss("1.2.1")],
  level: "error",
  appliesTo: ["google_compute_network"],
  judge: (network) => expectEach(network.arguments("auto_create_subnetworks"), ({ isFalse }) => isFalse),
};

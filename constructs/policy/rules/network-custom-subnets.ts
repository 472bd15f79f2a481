import { cis, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

/** What makes subnets by itself unless it is told not to. */
const automatic: Readonly<Record<string, string>> = {
  google_compute_network: "auto_create_subnetworks",
  google_project: "auto_create_network",
};

export const networkCustomSubnets: ResourceRule = {
  id: "network-custom-subnets",
  checks: "A network's subnets are stated one by one, and a project begins without a network.",
  why: "A network in auto mode has a subnet in every region of the world, with ranges that collide elsewhere.",
  remedy: "set auto_create_subnetworks (auto_create_network of a project) to false",
  controls: [cis("3.1"), pciDss("1.2.1")],
  level: "error",
  appliesTo: Object.keys(automatic),
  judge: (maker) => expectEach(maker.arguments(automatic[maker.type]), ({ isFalse }) => isFalse),
};

import { cis, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";
import { purposesWithoutMachines } from "../subnet-purposes";

export const subnetFlowLogs: ResourceRule = {
  id: "subnet-flow-logs",
  checks: "A subnet logs its flows.",
  why: "Without them nobody can say afterwards what a machine talked to.",
  remedy: "state a log_config",
  controls: [cis("3.8"), hipaa("164.312(b)"), pciDss("10.2.1")],
  level: "error",
  appliesTo: ["google_compute_subnetwork"],
  judge: (subnet) =>
    purposesWithoutMachines.includes(subnet.argument("purpose").text)
      ? []
      : expectEach([subnet.argument("log_config")], ({ isAbsent }) => !isAbsent),
};

import { cisGke, gdpr, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

export const gkeAdmittedImages: ResourceRule = {
  id: "gke-admitted-images",
  checks: "A cluster runs only images that the project's Binary Authorization policy admits.",
  why: "Whoever can create a pod could run any image from anywhere, as an identity of the cluster's.",
  remedy: "set binary_authorization.evaluation_mode to PROJECT_SINGLETON_POLICY_ENFORCE",
  controls: [cisGke("5.10.5"), gdpr("Art. 32(1)(b)"), pciDss("6.3.2")],
  level: "warning",
  appliesTo: ["google_container_cluster"],
  judge: (cluster) =>
    expectEach(
      cluster.arguments("binary_authorization.evaluation_mode"),
      ({ text }) => text === "PROJECT_SINGLETON_POLICY_ENFORCE",
    ),
};

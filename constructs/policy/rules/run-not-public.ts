import { gdpr, hipaa, pciDss } from "../control";
import { expectEach, type ResourceRule } from "../rule";

const closed = ["INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"];

export const runNotPublic: ResourceRule = {
  id: "run-not-public",
  checks:
    "A Cloud Run service takes requests from inside or through a load balancer, and checks who sends them.",
  why: "Its own address is on the internet otherwise, past firewall, rate limits and logs of a load balancer.",
  remedy: `set ingress to ${closed.join(" or ")}, and leave invoker_iam_disabled out`,
  controls: [gdpr("Art. 25(2)"), hipaa("164.312(a)(1)"), pciDss("1.4.2")],
  level: "error",
  appliesTo: ["google_cloud_run_v2_service"],
  judge: (service) => [
    ...expectEach(service.arguments("ingress"), ({ text }) => closed.includes(text)),
    ...expectEach(service.arguments("invoker_iam_disabled"), ({ isTrue }) => !isTrue),
  ],
};

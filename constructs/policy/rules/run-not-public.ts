import { gdpr, hipaa, pciDss } from "../control";
import type { ArgumentPath } from "../rendered-resource";
import { expectEach, type ResourceRule } from "../rule";

/** Where each type says from where it takes requests, and what closes it to the internet. */
const ingress: Readonly<Record<string, { readonly at: ArgumentPath; readonly closed: readonly string[] }>> = {
  google_cloud_run_service: {
    at: ["metadata", "annotations", "run.googleapis.com/ingress"],
    closed: ["internal", "internal-and-cloud-load-balancing"],
  },
  google_cloud_run_v2_service: {
    at: "ingress",
    closed: ["INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"],
  },
  google_cloudfunctions2_function: {
    at: "service_config.ingress_settings",
    closed: ["ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"],
  },
  google_cloudfunctions_function: {
    at: "ingress_settings",
    closed: ["ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"],
  },
};

/** Where types can turn the check of who sends a request off. */
const unchecked: Readonly<Record<string, ArgumentPath>> = {
  google_cloud_run_service: ["metadata", "annotations", "run.googleapis.com/invoker-iam-disabled"],
  google_cloud_run_v2_service: "invoker_iam_disabled",
};

export const runNotPublic: ResourceRule = {
  id: "run-not-public",
  checks:
    "A Cloud Run service or function takes requests from inside or through a load balancer, and checks who sends them.",
  why: "Its own address is on the internet otherwise, past firewall, rate limits and logs of a load balancer.",
  remedy:
    "let it take requests from inside or from a load balancer alone, and leave invoker_iam_disabled out",
  controls: [gdpr("Art. 25(2)"), hipaa("164.312(a)(1)"), pciDss("1.4.2")],
  level: "error",
  appliesTo: Object.keys(ingress),
  judge: (service) => {
    const { at, closed } = ingress[service.type];
    const off = unchecked[service.type];
    return [
      ...expectEach(
        service.arguments(at),
        ({ text }) => closed.includes(text),
        `set ${typeof at === "string" ? at : at.at(-1)} to ${closed.join(" or ")}`,
      ),
      ...(off === undefined ? [] : expectEach(service.arguments(off), ({ isTrue }) => !isTrue)),
    ];
  },
};

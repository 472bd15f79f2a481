import { readFileSync, writeFileSync } from "node:fs";
import { metricsPage } from "./metrics-page";
import { policyPage } from "./policy-page";
import { runtimeConfigurationPage } from "./runtime-configuration-page";

/** `npm run docs`: writes the pages that are made from sources. A test compares them. */
writeFileSync("docs/reference/runtime-configuration.md", runtimeConfigurationPage());
const policy = "docs/constructs/policy.md";
writeFileSync(policy, policyPage(readFileSync(policy, "utf8")));
void metricsPage().then((page) => writeFileSync("docs/reference/metrics.md", page));

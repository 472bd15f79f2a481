import { writeFileSync } from "node:fs";
import { metricsPage } from "./metrics-page";
import { runtimeConfigurationPage } from "./runtime-configuration-page";

/** `npm run docs`: writes the pages that are made from sources. A test compares them. */
writeFileSync("docs/reference/runtime-configuration.md", runtimeConfigurationPage());
void metricsPage().then((page) => writeFileSync("docs/reference/metrics.md", page));

import { writeFileSync } from "node:fs";
import { runtimeConfigurationPage } from "./runtime-configuration-page";

/** `npm run docs`: writes the pages that are made from sources. A test compares them. */
writeFileSync("docs/reference/runtime-configuration.md", runtimeConfigurationPage());

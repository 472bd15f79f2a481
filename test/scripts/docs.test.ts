import { readFileSync } from "node:fs";
import { metricsPage } from "../../scripts/metrics-page";
import { policyPage } from "../../scripts/policy-page";
import { runtimeConfigurationPage } from "../../scripts/runtime-configuration-page";

test("docs/reference/runtime-configuration.md says what the schema says (npm run docs writes it)", () => {
  expect(readFileSync("docs/reference/runtime-configuration.md", "utf8")).toBe(runtimeConfigurationPage());
});

test("docs/reference/metrics.md says what a server registers (npm run docs writes it)", async () => {
  expect(readFileSync("docs/reference/metrics.md", "utf8")).toBe(await metricsPage());
});

test("docs/constructs/policy.md lists the rules there are (npm run docs writes it)", () => {
  const page = readFileSync("docs/constructs/policy.md", "utf8");
  expect(page).toBe(policyPage(page));
});

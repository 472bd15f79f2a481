import { readFileSync } from "node:fs";
import { runtimeConfigurationPage } from "../../scripts/runtime-configuration-page";

test("docs/reference/runtime-configuration.md says what the schema says (npm run docs writes it)", () => {
  expect(readFileSync("docs/reference/runtime-configuration.md", "utf8")).toBe(runtimeConfigurationPage());
});

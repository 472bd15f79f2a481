import { environmentNames, loadEnvironments, projectVariable } from "../../environments/load";

describe("loading environments", () => {
  test("gives all three, with the project ids of their files", () => {
    expect(loadEnvironments(undefined, {}).map(({ name, project }) => [name, project])).toEqual([
      ["dev", "plinth-dev-example"],
      ["staging", "plinth-staging-example"],
      ["prod", "plinth-prod-example"],
    ]);
  });

  test("gives the ones that are named", () => {
    expect(loadEnvironments(["prod", "dev"], {}).map(({ name }) => name)).toEqual(["dev", "prod"]);
  });

  test("takes a project id from the process environment", () => {
    const variables = { [projectVariable("prod")]: "acme-ml-prod", [projectVariable("dev")]: "" };
    expect(loadEnvironments(["dev", "prod"], variables).map(({ project }) => project)).toEqual([
      "plinth-dev-example",
      "acme-ml-prod",
    ]);
  });

  test("checks a project id from the process environment like any other", () => {
    expect(() => loadEnvironments(["prod"], { GOOGLE_PROJECT_PROD: "ACME" })).toThrow(
      'environments: prod.project  got "ACME": use 6 to 30',
    );
  });

  test("refuses one project for two environments", () => {
    const variables = { GOOGLE_PROJECT_DEV: "acme-ml", GOOGLE_PROJECT_PROD: "acme-ml" };
    expect(() => loadEnvironments(undefined, variables)).toThrow(
      'environments: prod.project  got "acme-ml": dev has it too',
    );
  });

  test("refuses an unknown environment and names the known ones", () => {
    expect(() => loadEnvironments(["prd"], {})).toThrow(
      'environments: environment  got "prd": did you mean "prod"? Known are dev, staging, prod',
    );
  });

  test("knows each environment by the name that it gives itself", () => {
    expect(environmentNames).toEqual(["dev", "staging", "prod"]);
  });
});

import { ConstructError } from "../constructs/construct-error";
import { didYouMean } from "../constructs/suggestion";
import { dev } from "./dev";
import { checkEnvironments, type Environment } from "./environment";
import { prod } from "./prod";
import { staging } from "./staging";

const environments: readonly Environment[] = [dev, staging, prod];

export const environmentNames: readonly string[] = environments.map(({ name }) => name);

/** The variable that stands in for the project id of an environment's file: `GOOGLE_PROJECT_PROD`. */
export function projectVariable(environment: string): string {
  return `GOOGLE_PROJECT_${environment.toUpperCase()}`;
}

/**
 * The named environments, with project ids from the process environment where it has them.
 * @throws ConstructError with all findings on all of them
 */
export function loadEnvironments(
  names: readonly string[] = environmentNames,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Environment[] {
  const unknown = names.filter((name) => !environmentNames.includes(name));
  ConstructError.throwIfAny(
    "environments",
    unknown.map((name) => ({
      property: "environment",
      received: name,
      remedy: `${didYouMean(name, environmentNames)}Known are ${environmentNames.join(", ")}`,
    })),
  );

  const loaded = environments
    .filter(({ name }) => names.includes(name))
    .map((environment) => ({
      ...environment,
      project: variables[projectVariable(environment.name)] || environment.project,
    }));
  ConstructError.throwIfAny("environments", checkEnvironments(loaded));
  return loaded;
}

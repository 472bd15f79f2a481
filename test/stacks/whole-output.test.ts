import { synthesisedStacks } from "../support/environments";
import {
  brokenReferences,
  keylessResources,
  openGrants,
  strings,
  unknownTypes,
  unwatchedResources,
} from "../support/whole-output";

const stacks = synthesisedStacks();

describe.each([...stacks])("%s", (_, terraform) => {
  test("grants nothing to everybody, and no primitive role", () => {
    expect(openGrants(terraform)).toEqual([]);
  });

  test("holds nothing that lacks a key of the environment", () => {
    expect(keylessResources(terraform)).toEqual([]);
  });

  test("has only resources of which it is known whether they hold data", () => {
    expect(unknownTypes(terraform)).toEqual([]);
  });

  test("has its addresses watched wherever Terraform is to destroy nothing", () => {
    expect(unwatchedResources(terraform)).toEqual([]);
  });

  test("names only what is in it, and nothing that waits for itself", () => {
    expect(brokenReferences(terraform)).toEqual([]);
  });

  test("pins the providers to the versions that the bindings know", () => {
    const bound = { google: "6.50.0", "google-beta": "6.50.0", helm: "3.1.1" };
    const versions = Object.entries(terraform.terraform.required_providers).map(([name, { version }]) => [
      name,
      version,
    ]);
    expect(bound).toMatchObject(Object.fromEntries(versions));
  });

  test("mentions no path of this machine", () => {
    expect(strings(terraform).filter(([, text]) => text.includes(process.cwd()))).toEqual([]);
  });
});

test("the environments store something, and so the keys are looked for somewhere", () => {
  const types = new Set([...stacks.values()].flatMap(({ resource = {} }) => Object.keys(resource)));
  expect([...types]).toEqual(
    expect.arrayContaining([
      "google_storage_bucket",
      "google_artifact_registry_repository",
      "google_cloud_run_v2_service",
    ]),
  );
});

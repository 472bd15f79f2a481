import { knowsArgument } from "./binding-schema";
import { keptResources, replaceableTypes, valuesAt } from "./resource-kinds";

describe("the kinds of resources", () => {
  test.each(Object.entries(keptResources))(
    "name arguments that the bindings know: %s",
    (type, { keyAt = [], replacedBy }) => {
      expect(replacedBy).not.toEqual([]);
      expect([...keyAt, ...replacedBy].filter((path) => !knowsArgument(type, path))).toEqual([]);
    },
  );

  test("are each either kept or replaceable", () => {
    expect(replaceableTypes.filter((type) => type in keptResources)).toEqual([]);
  });

  test("know no argument that the bindings do not", () => {
    expect(knowsArgument("google_storage_bucket", "encryption.default_key")).toBe(false);
    expect(knowsArgument("google_storage_bucket", "location.zone")).toBe(false);
    expect(knowsArgument("google_storage_pail", "location")).toBe(false);
  });

  test("find the values of an argument in every block of a list", () => {
    const secret = { replication: { user_managed: { replicas: [{ location: "a" }, { location: "b" }] } } };
    expect(valuesAt(secret, "replication.user_managed.replicas.location")).toEqual(["a", "b"]);
    expect(valuesAt(secret, "replication.auto.customer_managed_encryption")).toEqual([undefined]);
  });
});

import { check, schemaFindings } from "./kubernetes-schemas";

describe("a Kubernetes schema", () => {
  test("refuses a field that it does not know, at any depth", () => {
    const account = {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "a", nmespace: "b" },
      sub: 1,
    };
    expect(schemaFindings(account)).toEqual([
      "ServiceAccount.metadata.nmespace: unknown",
      "ServiceAccount.sub: unknown",
    ]);
  });

  test("refuses a kind of which nothing is known", () => {
    expect(schemaFindings({ apiVersion: "example.com/v1", kind: "Thing" })).toEqual([
      "example.com/v1 Thing: no schema in test/fixtures/schemas",
    ]);
  });

  test.each([
    [{ type: "string" }, 1, "x: integer instead of string"],
    [{ type: "integer" }, 1.5, "x: number instead of integer"],
    [{ type: "object" }, [], "x: array instead of object"],
    [{ type: "object", properties: {}, required: ["a"] }, {}, "x.a: missing"],
    [{ type: "string", enum: ["a", "b"] }, "c", 'x: "c" is none of a, b'],
    [{ type: "string", pattern: "^[a-z]+$" }, "A", 'x: "A" is not as ^[a-z]+$'],
    [{ type: "integer", minimum: 0 }, -1, "x: -1 is not from 0 to Infinity"],
    [{ type: "string", maxLength: 2 }, "abc", "x: length: 3 is not from -Infinity to 2"],
    [{ type: "array", maxItems: 1 }, [1, 2], "x: items: 2 is not from -Infinity to 1"],
    [{ type: "array", items: { type: "string" } }, ["a", 1], "x[1]: integer instead of string"],
    [
      { type: "object", additionalProperties: { type: "string" } },
      { a: true },
      "x.a: boolean instead of string",
    ],
    [{ "x-kubernetes-int-or-string": true }, true, "x: boolean instead of integer or string"],
    [{ type: "string" }, null, "x: null instead of string"],
  ] as const)("%j refuses %j", (schema, value, finding) => {
    expect(check(schema, value, "x")).toEqual([finding]);
  });

  test.each([
    [{ type: "number" }, 2],
    [{ "x-kubernetes-int-or-string": true }, "4Gi"],
    [{ type: "string", pattern: "^(?i)[a-z]+$" }, "AbC"],
    [{ type: "object" }, { anything: 1 }],
    [{ type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: {} }, { anything: 1 }],
  ] as const)("%j takes %j", (schema, value) => {
    expect(check(schema, value, "x")).toEqual([]);
  });

  test("that says what is not understood is an error and passes nothing", () => {
    expect(() => check({ oneOf: [] } as object, {}, "x")).toThrow("x: the schema says oneOf");
  });
});

import { schemaFaults } from "../support/binding-schema";
import { ConstructExample } from "../support/construct-examples";
import { synthesisedStacks } from "../support/environments";

// Held against the bindings' own definitions, and not against `terraform providers schema`: a provider is
// hundreds of megabytes from a registry that a test must not need, and the bindings are generated from its schema.
describe("the bound version of the provider knows every argument of", () => {
  test.each([...synthesisedStacks()])("%s", (_, terraform) => {
    expect(schemaFaults(terraform)).toEqual([]);
  });

  test.each(ConstructExample.all().map((example) => [example.name, example] as const))(
    "the example %s",
    (_, example) => {
      expect(schemaFaults(example.synthesise())).toEqual([]);
    },
  );
});

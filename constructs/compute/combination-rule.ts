import type { Finding } from "../construct-error";
import type { PoolRequest } from "./pool-request";

/** What a node pool cannot have together, or must have together: a row of a table that one validator reads. */
export interface CombinationRule {
  /** Names the rule in the table of its tests. */
  readonly id: string;
  /** Property that the finding names. */
  readonly property: keyof PoolRequest;
  readonly refused: (request: PoolRequest) => boolean;
  readonly remedy: string | ((request: PoolRequest) => string);
  readonly source: string;
}

/** Every row of the tables that a request breaks. */
export function checkCombinations(rules: readonly CombinationRule[], request: PoolRequest): Finding[] {
  return rules
    .filter(({ refused }) => refused(request))
    .map(({ property, remedy }) => ({
      property,
      received: request[property],
      remedy: typeof remedy === "string" ? remedy : remedy(request),
    }));
}

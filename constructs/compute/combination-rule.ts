import type { Finding } from "../construct-error";
import type { PoolRequest } from "./pool-request";

/** What a request cannot have together, or must have together: a row of a table that one validator reads. */
export interface CombinationRule<Request = PoolRequest> {
  /** Names the rule in the table of its tests. */
  readonly id: string;
  /** Property that the finding names. */
  readonly property: keyof Request & string;
  readonly refused: (request: Request) => boolean;
  readonly remedy: string | ((request: Request) => string);
  readonly source: string;
}

/** Every row of the tables that a request breaks. */
export function checkCombinations<Request>(
  rules: readonly CombinationRule<Request>[],
  request: Request,
): Finding[] {
  return rules
    .filter(({ refused }) => refused(request))
    .map(({ property, remedy }) => ({
      property,
      received: request[property],
      remedy: typeof remedy === "string" ? remedy : remedy(request),
    }));
}

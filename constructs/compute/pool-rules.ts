import type { CombinationRule } from "./combination-rule";
import { capacityRules } from "./pool-capacity-rules";
import { diskRules } from "./pool-disk-rules";
import { labelRules } from "./pool-label-rules";
import { networkRules } from "./pool-network-rules";
import { placementRules } from "./pool-placement-rules";
import { sizeRules } from "./pool-size-rules";

/** What no node pool can combine, of whatever kind. */
export const poolRules: readonly CombinationRule[] = [
  ...sizeRules,
  ...capacityRules,
  ...placementRules,
  ...diskRules,
  ...networkRules,
  ...labelRules,
];

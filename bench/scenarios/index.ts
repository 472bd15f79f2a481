import type { Scenario } from "../bench";
import { longPrompts } from "./long-prompts";
import { oneSequence } from "./one-sequence";
import { openLoop } from "./open-loop";
import { peer } from "./peer";
import { repetitiveText } from "./repetitive-text";
import { sharedPrefixes } from "./shared-prefixes";
import { smallCache } from "./small-cache";
import { stepOverhead } from "./step-overhead";

/** In the order in which all of them run. */
export const scenarios: readonly Scenario[] = [
  peer,
  oneSequence,
  sharedPrefixes,
  longPrompts,
  smallCache,
  repetitiveText,
  openLoop,
  stepOverhead,
];

import { Annotations, Token } from "cdktf";
import type { IConstruct } from "constructs";
import { type Accelerator, acceleratorFacts, checkAccelerator } from "../catalog/accelerators";
import { ConstructError } from "../construct-error";
import { checkHardwareRequest, type HardwareRequest, hardwareWork } from "./hardware-request";
import { acceleratorRules, type HardwareKind, kindRules, reasonOf } from "./hardware-rules";
import { memoryNeed } from "./memory-need";
import { GIB, gibibytes } from "./quantities";

/** Hardware that somebody chose, and the workload that it is for. */
export interface HardwareInUse {
  readonly workload: HardwareRequest;

  /** @default - none: a CPU */
  readonly accelerator?: Accelerator;

  /**
   * Accelerators of one machine.
   *
   * @default 1
   */
  readonly count?: number;
}

/**
 * What speaks against hardware for a workload, by the rules that `recommendHardware` goes by.
 * @throws ConstructError with every finding on the workload
 */
export function hardwareWarnings(use: HardwareInUse): readonly string[] {
  const { workload, accelerator, count = 1 } = use;
  ConstructError.throwIfAny("workload", [
    ...checkHardwareRequest(workload),
    ...(accelerator === undefined ? [] : checkAccelerator("accelerator", accelerator)),
  ]);
  // Known only at apply.
  if (Token.isUnresolved(accelerator)) return [];
  const work = hardwareWork(workload);
  const kind: HardwareKind = accelerator === undefined ? "cpu" : acceleratorFacts(accelerator).kind;
  const applying = kindRules.filter((rule) => rule.applies(work));
  const excluding = applying.filter((rule) => rule.verdict === "excludes");
  const against = excluding.filter((rule) => rule.kind === kind).map((rule) => reasonOf(rule, work));
  const preferred = applying.find(
    (rule) => rule.verdict === "prefers" && !excluding.some((excluded) => excluded.kind === rule.kind),
  );
  const isBetter =
    preferred !== undefined && preferred.kind !== kind && preferred.spares?.includes(kind) !== true;
  const better =
    against.length === 0 && isBetter
      ? [`a ${preferred.kind.toUpperCase()} suits it better: ${reasonOf(preferred, work)}`]
      : [];
  if (accelerator === undefined) return [...against, ...better];
  const facts = acceleratorFacts(accelerator);
  const unsuited = acceleratorRules
    .filter((rule) => rule.applies(work) && !rule.suits(facts, work))
    .map((rule) => `${accelerator}: ${reasonOf(rule, work)}`);
  const need = memoryNeed(work);
  const has = count * facts.memoryGiB * GIB;
  const short =
    need > has
      ? [
          `${count} ${accelerator} have ${gibibytes(has)}, and model and batch take ${gibibytes(need)}: divide them over more machines`,
        ]
      : [];
  return [...against, ...better, ...unsuited, ...short];
}

/** For constructs that are told what they are for: their warnings appear at synth. */
export function warnOfHardware(at: IConstruct, use: HardwareInUse): void {
  const annotations = Annotations.of(at);
  for (const warning of hardwareWarnings(use)) annotations.addWarning(warning);
}

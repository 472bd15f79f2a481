import { nearestTo } from "../catalog/region-locations";
import { regionOf } from "../catalog/regions";
import { ConstructError } from "../construct-error";
import { chooseAccelerators } from "./accelerator-choice";
import type { HardwareAdvice, RejectedHardware } from "./hardware-choice";
import {
  checkHardwareRequest,
  type HardwareRequest,
  type HardwareWork,
  hardwareWork,
} from "./hardware-request";
import { type HardwareKind, type KindRule, kindRules, reasonOf } from "./hardware-rules";
import { chooseProcessors } from "./processor-choice";

/**
 * The hardware that suits a workload: a kind by the table of rules, and of that kind the cheapest machine whose memory
 * holds model and batch. For what is to end, training and batches, up to two and a half times as much is paid
 * for what computes more for its price.
 *
 * @throws ConstructError with every finding on the request, and where nothing in its region suits it
 */
export function recommendHardware(request: HardwareRequest): HardwareAdvice {
  ConstructError.throwIfAny("recommendHardware", checkHardwareRequest(request));
  const work = hardwareWork(request);
  const ruledOut = kindRules
    .filter((rule) => rule.verdict === "excludes" && rule.applies(work))
    .map((rule) => ({ alternative: rule.kind, reason: reasonOf(rule, work) }));
  const excluded = new Set<HardwareKind>(ruledOut.map(({ alternative }) => alternative));
  const preferred = kindRules.filter(
    (rule) => rule.verdict === "prefers" && !excluded.has(rule.kind) && rule.applies(work),
  );
  const absent: RejectedHardware[] = [];
  for (const rule of preferred) {
    const found = choose(rule.kind, work);
    if (found !== undefined)
      return {
        choice: found.choice,
        reasons: [reasonOf(rule, work), ...found.reasons],
        rejected: [
          ...ruledOut,
          ...absent,
          ...unneeded(rule.kind, [...excluded, ...absent.map(({ alternative }) => alternative)]),
          ...found.rejected,
        ],
        warnings: found.warnings,
      };
    const reason = `no machine of the catalog with one is offered in ${work.region ?? "any region"}`;
    if (!absent.some(({ alternative }) => alternative === rule.kind))
      absent.push({ alternative: rule.kind, reason });
  }
  throw new ConstructError("recommendHardware", [
    { property: "region", received: work.region, remedy: regionRemedy(preferred, work) },
  ]);
}

/** Where the kind that suits best is, which is not in the region that was asked for. */
function regionRemedy([{ kind }]: readonly KindRule[], work: HardwareWork): string {
  const zones = choose(kind, { ...work, region: undefined })?.choice.zones ?? [];
  const nearest = work.region === undefined ? undefined : nearestTo(work.region, zones);
  const where = nearest === undefined ? "" : `, nearest ${regionOf(nearest)}`;
  return `use another${where}: no machine of the catalog with a ${kind.toUpperCase()} is offered there`;
}

function unneeded(chosen: HardwareKind, named: readonly string[]): RejectedHardware[] {
  const reasons: Readonly<Record<HardwareKind, string>> = {
    cpu: "computes products of matrices far slower than an accelerator",
    gpu: "costs more than the work takes",
    tpu: "pays off in weeks of products of matrices, which this is not known to be",
  };
  return (Object.keys(reasons) as HardwareKind[])
    .filter((kind) => kind !== chosen && !named.includes(kind))
    .map((kind) => ({
      alternative: kind,
      reason:
        chosen === "tpu" && kind === "gpu"
          ? "costs more for weeks of the same products of matrices"
          : reasons[kind],
    }));
}

function choose(kind: HardwareKind, work: HardwareWork): HardwareAdvice | undefined {
  return kind === "cpu" ? chooseProcessors(work) : chooseAccelerators(kind, work);
}

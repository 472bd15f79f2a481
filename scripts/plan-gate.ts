#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ConstructError } from "../constructs/construct-error";
import { constructPaths } from "../constructs/policy/plan-gate/construct-paths";
import { gateReport } from "../constructs/policy/plan-gate/gate-report";
import { type GateVerdict, judgePlan } from "../constructs/policy/plan-gate/plan-gate";
import {
  readPlan,
  type TerraformPlan,
  UnreadablePlanError,
} from "../constructs/policy/plan-gate/terraform-plan";

const help = `npm run plan:gate -- PLAN.json... [--allow NAME]... [--stack STACK] [--outdir cdktf.out]

Names every stateful or expensive resource that a plan would replace or destroy, what forces it, and how long it takes.

  PLAN.json   what terraform show -json wrote of a plan
  --allow     name of a resource that may go, as the gate names it; once for each
  --stack     stack that the plan is of, where its project and its addresses do not tell
  --outdir    folder that synth wrote to, for the constructs' paths

Ends with 0 where nothing is lost that was not allowed, with 1 where something is, and with 2 where a plan cannot be read.`;

function gate(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      allow: { type: "string", multiple: true, default: [] },
      stack: { type: "string" },
      outdir: { type: "string", default: process.env.CDKTF_OUTDIR ?? "cdktf.out" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  if (positionals.length === 0) throw new TypeError("name a plan: npm run plan:gate -- PLAN.json");
  if (values.stack !== undefined && positionals.length > 1)
    throw new TypeError("--stack names the stack of one plan: judge these one by one");
  const { plans, faults } = readAll(positionals);
  // Judged is all or nothing: a plan that cannot be read may hold what the others lack.
  if (faults.length > 0) throw new TypeError(faults.join("\n"));
  const names = plans.map((plan) => constructPaths(plan, values.outdir, values.stack));
  const verdicts = plans.map((plan, index) => judgePlan(plan, names[index], values.allow));
  refuseAmbiguous(values.allow, verdicts);
  const losses = verdicts.flatMap((verdict) => verdict.losses);
  const verdict = {
    losses,
    renewals: verdicts.flatMap(({ renewals }) => renewals),
    unused: values.allow.filter((name) => verdicts.every(({ unused }) => unused.includes(name))),
    changes: verdicts.reduce((sum, { changes }) => sum + changes, 0),
  };
  console.log(gateReport(verdict));
  return losses.every(({ allowed }) => allowed) ? 0 : 1;
}

/** An address stands in every environment: who allows it in one has not said a word about another. */
function refuseAmbiguous(allowed: readonly string[], verdicts: readonly GateVerdict[]): void {
  const ambiguous = allowed.filter(
    (name) => verdicts.filter(({ unused }) => !unused.includes(name)).length > 1,
  );
  if (ambiguous.length > 0)
    throw new TypeError(
      ambiguous
        .map((name) => `--allow ${name} names a loss in several plans: judge them one by one`)
        .join("\n"),
    );
}

function readAll(files: readonly string[]): { plans: TerraformPlan[]; faults: string[] } {
  const plans: TerraformPlan[] = [];
  const faults: string[] = [];
  for (const file of files)
    try {
      plans.push(readPlan(readFileSync(file, "utf8"), file));
    } catch (error) {
      const known = error instanceof UnreadablePlanError || (error instanceof Error && "code" in error);
      if (!known) throw error;
      faults.push(error.message);
    }
  return { plans, faults };
}

try {
  process.exitCode = gate(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TypeError || error instanceof ConstructError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

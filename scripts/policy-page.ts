import { packsOf, policyRules } from "../constructs/policy/packs";
import { controlsOf, table } from "../constructs/policy/policy-report-page";

const BEGIN = "<!-- Made by `npm run docs` from constructs/policy/rules; do not edit. -->";
const END = "<!-- end of rules -->";

/** docs/constructs/policy.md with the rules as they are. */
export function policyPage(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`docs/constructs/policy.md lacks the lines ${BEGIN} and ${END}`);
  const rules = table(
    ["rule", "packs", "level", "checks", "why", "remedy", "serves"],
    policyRules.map((rule) => [
      `\`${rule.id}\``,
      packsOf(rule).join(", "),
      rule.level,
      rule.checks,
      rule.why,
      rule.remedy,
      controlsOf(rule.controls),
    ]),
  );
  return `${before}${BEGIN}\n\n${rules}\n\n${END}${after}`;
}

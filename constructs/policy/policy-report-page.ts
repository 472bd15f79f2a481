import type { EnvironmentPolicyReport, PolicyFinding, PolicyReport, ReportedRule } from "./report";
import { summaryOf } from "./report";

/** `policy-report.md`: what was checked, what was found and what was accepted, for whoever audits it. */
export function policyReportPage(report: PolicyReport): string {
  const sections = [
    "# Policy report",
    ...report.environments.map(environmentSection),
    "## Rules",
    table(
      ["rule", "level", "packs", "checks", "why", "controls"],
      report.rules.map(({ id, level, packs, checks, why, controls }) => [
        `\`${id}\``,
        level,
        packs.join(", "),
        checks,
        why,
        controlsOf(controls),
      ]),
    ),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** The controls of a rule, each with a link to its text. */
export function controlsOf(controls: ReportedRule["controls"]): string {
  return controls.map(({ framework, reference, url }) => `[${framework} ${reference}](${url})`).join(", ");
}

/** A table of Markdown, in which no cell ends early. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows]
    .map(
      (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`,
    )
    .join("\n");
}

function environmentSection(environment: EnvironmentPolicyReport): string {
  const { name, packs, allowedLocations, stacks, resources, rules, findings } = environment;
  const open = findings.filter(({ suppression }) => suppression === null);
  const accepted = findings.filter(({ suppression }) => suppression !== null);
  const allowed =
    allowedLocations.length > 0 ? ` Allowed outside of the EU: ${allowedLocations.join(", ")}.` : "";
  return [
    `## ${name}`,
    `${summaryOf(environment)}. Packs: ${packs.join(", ")}. ${resources} resources in ${stacks.join(", ")}.${allowed}`,
    ...(open.length > 0 ? ["### Open", findingsTable(open)] : []),
    ...(accepted.length > 0 ? ["### Accepted", acceptedTable(accepted)] : []),
    "### Checked",
    table(
      ["rule", "resources", "errors", "warnings", "suppressed"],
      rules.map(({ rule, resources: looked, errors, warnings, suppressed }) => [
        `\`${rule}\``,
        ...[looked, errors, warnings, suppressed].map(String),
      ]),
    ),
  ].join("\n\n");
}

function findingsTable(findings: readonly PolicyFinding[]): string {
  return table(
    ["level", "rule", "where", "property", "received", "remedy"],
    findings.map(({ level, rule, path, property, received, remedy }) => [
      level,
      `\`${rule}\``,
      path,
      `\`${property}\``,
      show(received),
      remedy,
    ]),
  );
}

function acceptedTable(findings: readonly PolicyFinding[]): string {
  return table(
    ["rule", "where", "property", "received", "reason", "suppressed at", "until"],
    findings.map(({ rule, path, property, received, suppression }) => [
      `\`${rule}\``,
      path,
      `\`${property}\``,
      show(received),
      suppression?.reason ?? "",
      suppression?.at || "the app",
      suppression?.expires ?? "",
    ]),
  );
}

function show(received: unknown): string {
  return received === null ? "nothing" : `\`${JSON.stringify(received)}\``;
}

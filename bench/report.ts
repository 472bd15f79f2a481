import { spawnSync } from "node:child_process";
import { cpus, totalmem } from "node:os";

/** One scenario's results: what was measured and how, tables of figures, and what is promised of them. */
export type Section = Readonly<{
  title: string;
  /** How it was measured, in a sentence or a few. */
  method: string;
  tables: readonly Table[];
  targets: readonly Target[];
}>;

export type MeasuredSection = Section &
  Readonly<{
    /** Share of the processors that other processes took meanwhile. */
    otherLoad: number;
  }>;

export type Table = Readonly<{ columns: readonly string[]; rows: readonly (readonly Cell[])[] }>;

export type Cell = string | number;

export type Target = Readonly<{ what: string; value: number }> &
  (Readonly<{ atLeast: number }> | Readonly<{ atMost: number }>);

/** Where and of what the measurements are. */
export type Provenance = Readonly<{ hardware: string; node: string; commit: string; date: string }>;

export function provenance(): Provenance {
  const git = (...options: string[]) => spawnSync("git", options, { encoding: "utf8" }).stdout.trim();
  const isDirty = git("status", "--porcelain", "--untracked-files=no") !== "";
  return {
    hardware: `${cpus().length} x ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    commit: `${git("rev-parse", "--short", "HEAD")}${isDirty ? ", changed" : ""}`,
    date: new Date().toISOString().slice(0, 10),
  };
}

export function isMet(target: Target): boolean {
  return "atLeast" in target ? target.value >= target.atLeast : target.value <= target.atMost;
}

export function markdown(
  { hardware, node, commit, date }: Provenance,
  sections: readonly MeasuredSection[],
): string {
  const head = `${hardware}, Node ${node}, commit ${commit}, ${date}`;
  return [head, ...sections.map(sectionMarkdown)].join("\n\n");
}

export function sectionMarkdown({ title, method, tables, targets, otherLoad }: MeasuredSection): string {
  const load = Number.isNaN(otherLoad) ? "an unknown share" : `${(otherLoad * 100).toFixed(0)} %`;
  const shared = `Other processes took ${load} of the processors meanwhile.`;
  const parts = [`## ${title}`, `${method} ${shared}`, ...tables.map(tableMarkdown)];
  if (targets.length > 0)
    parts.push(
      tableMarkdown({
        columns: ["target", "wanted", "measured", "met"],
        rows: targets.map((target) => [
          target.what,
          wanted(target),
          target.value,
          isMet(target) ? "yes" : "no",
        ]),
      }),
    );
  return parts.join("\n\n");
}

function tableMarkdown({ columns, rows }: Table): string {
  const lines = [columns, columns.map(() => "---"), ...rows.map((row) => row.map(cellText))];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function wanted(target: Target): string {
  return "atLeast" in target ? `at least ${target.atLeast}` : `at most ${target.atMost}`;
}

/** Three digits that count; what is not a number was not there to be measured. */
function cellText(cell: Cell): string {
  if (typeof cell === "string") return cell;
  if (Number.isNaN(cell)) return "";
  if (Number.isInteger(cell) || Math.abs(cell) >= 100) return cell.toFixed(0);
  return cell.toPrecision(3);
}

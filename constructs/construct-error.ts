import type { IConstruct } from "constructs";

/** One fault in what a user asked for: where it is, what was received, what to do instead. */
export interface Finding {
  readonly property: string;
  readonly received: unknown;
  readonly remedy: string;

  /** Said in place of property, value and remedy where a fault takes more than a line to be understood. */
  readonly statement?: { readonly title: string; readonly lines: readonly string[] };
}

/**
 * Something that cannot be built as asked. Carries the construct's path and every finding, so that one
 * synth shows all there is to repair.
 */
export class ConstructError extends Error {
  readonly path: string;

  constructor(
    at: IConstruct | string,
    readonly findings: readonly Finding[],
  ) {
    const path = typeof at === "string" ? at : at.node.path;
    super(describe(path, findings));
    this.name = "ConstructError";
    this.path = path;
  }

  /** @throws ConstructError if there is at least one finding */
  static throwIfAny(at: IConstruct | string, findings: readonly Finding[]): void {
    if (findings.length > 0) throw new ConstructError(at, findings);
  }

  /**
   * Builds what lies in a construct, and throws once for all of it: what one part refuses does not hide what another
   * does.
   * @throws ConstructError with the findings of every part, each under the part's path
   */
  static gather(at: IConstruct, parts: readonly (() => void)[]): void {
    const findings = parts.flatMap((build) => {
      try {
        build();
        return [];
      } catch (error) {
        if (!(error instanceof ConstructError)) throw error;
        if (!error.path.startsWith(`${at.node.path}/`)) return error.findings;
        const part = error.path.slice(at.node.path.length + 1);
        return error.findings.map((finding) => under(part, finding));
      }
    });
    ConstructError.throwIfAny(at, findings);
  }
}

/** A finding of a part, as the whole says it: a statement names no property that would tell which part it is of. */
export function under(part: string, finding: Finding): Finding {
  const { property, statement } = finding;
  return {
    ...finding,
    property: `${part}.${property}`,
    ...(statement && { statement: { ...statement, title: `${part}: ${statement.title}` } }),
  };
}

function describe(path: string, findings: readonly Finding[]): string {
  const inLine = findings.filter(({ statement }) => statement === undefined);
  const width = Math.max(...inLine.map(({ property }) => property.length));
  const said = findings.map(({ property, received, remedy, statement }) =>
    statement === undefined
      ? [`${property.padEnd(width)}  got ${show(received)}: ${remedy}`]
      : [statement.title, ...statement.lines.map((line) => `  ${line}`)],
  );
  const [[first, ...rest]] = said;
  if (said.length === 1) return [`${path}: ${first}`, ...rest].join("\n");
  return [`${path}: ${said.length} findings`, ...said.flat().map((line) => `  ${line}`)].join("\n");
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
}

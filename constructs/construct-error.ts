import type { IConstruct } from "constructs";

/** One fault in what a user asked for: where it is, what was received, what to do instead. */
export interface Finding {
  readonly property: string;
  readonly received: unknown;
  readonly remedy: string;
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
        const inner = error.path.startsWith(`${at.node.path}/`)
          ? `${error.path.slice(at.node.path.length + 1)}.`
          : "";
        return error.findings.map((finding) => ({ ...finding, property: `${inner}${finding.property}` }));
      }
    });
    ConstructError.throwIfAny(at, findings);
  }
}

function describe(path: string, findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ property }) => property.length));
  const lines = findings.map(
    ({ property, received, remedy }) => `${property.padEnd(width)}  got ${show(received)}: ${remedy}`,
  );
  if (lines.length === 1) return `${path}: ${lines[0]}`;
  return [`${path}: ${lines.length} findings`, ...lines.map((line) => `  ${line}`)].join("\n");
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
}

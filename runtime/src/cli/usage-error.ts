/** A command line that cannot be understood. */
export class UsageError extends Error {
  constructor(readonly findings: readonly string[]) {
    super(findings.join("; "));
    this.name = "UsageError";
  }
}

/** A checkpoint that cannot be served. `findings` holds every fault: what is wrong, the value, the remedy. */
export class CheckpointError extends Error {
  constructor(readonly findings: readonly string[]) {
    super(`checkpoint: ${findings.join("; ")}`);
    this.name = "CheckpointError";
  }
}

/** Gathers what several readers find, so that all of it is reported at once. */
export class CheckpointFindings {
  private readonly findings: string[] = [];

  /** Returns what is read, or undefined where reading throws a CheckpointError. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (cause) {
      if (!(cause instanceof CheckpointError)) throw cause;
      this.add(cause.findings);
      return undefined;
    }
  }

  add(findings: readonly string[]): void {
    for (const finding of findings) this.findings.push(finding);
  }

  /** @throws CheckpointError with everything that was found, if anything was */
  throwIfAny(): void {
    if (this.findings.length > 0) throw new CheckpointError(this.findings);
  }
}

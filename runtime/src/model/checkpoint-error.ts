/** A checkpoint that cannot be served. `findings` holds every fault: what is wrong, the value, the remedy. */
export class CheckpointError extends Error {
  constructor(readonly findings: readonly string[]) {
    super(`checkpoint: ${findings.join("; ")}`);
    this.name = "CheckpointError";
  }
}

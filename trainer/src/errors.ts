/**
 * How the process ends, for whoever decides about a restart. 143 is what a shell reports of a process that SIGTERM ended:
 * like 1, and like any code that is not listed, it means that a restart resumes. Only 2 says that it would not help.
 */
export const exitCodes = { finished: 0, failed: 1, refused: 2, preempted: 143 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What can end a training before its last step, and how the process then ends. docs/guides/training.md holds the same table. */
export const errorTable = {
  invalid_configuration: { exitCode: exitCodes.refused },
  other_configuration: { exitCode: exitCodes.refused },
  no_whole_generation: { exitCode: exitCodes.refused },
  taken_over: { exitCode: exitCodes.refused },
  checkpoint_not_written: { exitCode: exitCodes.failed },
} as const satisfies Readonly<Record<string, Readonly<{ exitCode: ExitCode }>>>;

export type ErrorCode = keyof typeof errorTable;

/** An error with a code from the table. */
export class TrainingError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "TrainingError";
  }

  get exitCode(): ExitCode {
    return errorTable[this.code].exitCode;
  }
}

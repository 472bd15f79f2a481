import { type ExitCode, exitCodes } from "./exit-codes";

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

/**
 * How the process ends, for whoever decides about a restart: the job's construct renders its restarts from these. 143 is
 * what a shell reports of a process that SIGTERM ended: like 1, and like any code that is not listed, it means that a
 * restart resumes. Only 2 says that it would not help.
 */
export const exitCodes = { finished: 0, failed: 1, refused: 2, preempted: 143 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

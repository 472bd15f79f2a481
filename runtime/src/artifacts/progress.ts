/** Is told how far a long piece of work is. */
export type Progress = Readonly<{
  /** A part of the work begins; `total` is in bytes or tokens. */
  begin(label: string, total: number): void;
  /** So much more is done. */
  advance(amount: number): void;
  /** The part is done. */
  end(): void;
}>;

export const noProgress: Progress = { begin: () => {}, advance: () => {}, end: () => {} };

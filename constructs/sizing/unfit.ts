import type { Finding } from "../construct-error";
import { gibibytes } from "./quantities";

/** A model, or a part of one, that has no room. */
export interface Unfit {
  readonly property: string;
  readonly received: unknown;
  readonly title: string;
  readonly amounts: readonly { readonly name: string; readonly bytes: number; readonly what: string }[];
  readonly remedies: readonly string[];
}

/** What does not fit, as a table of what is needed and what there is, with each way out of it below. */
export function unfit({ property, received, title, amounts, remedies }: Unfit): Finding {
  const figures = amounts.map(({ bytes }) => gibibytes(bytes));
  const nameWidth = Math.max(...amounts.map(({ name }) => name.length));
  const figureWidth = Math.max(...figures.map(({ length }) => length));
  return {
    property,
    received,
    remedy: remedies.join(", or "),
    statement: {
      title,
      lines: [
        ...amounts.map(
          ({ name, what }, index) =>
            `${name.padEnd(nameWidth)}  ${figures[index].padStart(figureWidth + 1)}   ${what}`,
        ),
        ...remedies.map((remedy, index) => `${label(index, remedies).padEnd(nameWidth)}  ${remedy}`),
      ],
    },
  };
}

function label(index: number, { length }: readonly string[]): string {
  if (length === 1) return "remedy";
  return index === 0 ? "either" : "or";
}

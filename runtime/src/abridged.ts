const SHOWN_CHARACTERS_MAX = 80;

/** A value as an error shows it: as JSON, cut where it is long. */
export function abridged(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text;
}

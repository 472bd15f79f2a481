/**
 * `did you mean "us-central1"? ` for a value that is close to one of the candidates, otherwise nothing.
 * Meant as the opening of a finding's remedy.
 */
export function didYouMean(value: unknown, candidates: readonly string[]): string {
  const nearest = closest(String(value), candidates);
  return nearest === undefined ? "" : `did you mean ${JSON.stringify(nearest)}? `;
}

function closest(value: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined;
  // Beyond a third of the letters a resemblance is chance.
  let best = Math.max(2, Math.floor(value.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(value.toLowerCase(), candidate.toLowerCase());
    if (distance < best) [nearest, best] = [candidate, distance];
  }
  return nearest;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1] + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column] + 1, current[column - 1] + 1));
    }
    previous = current;
  }
  return previous[to.length];
}

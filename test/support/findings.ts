/** The findings of the error that `act` throws; none where it throws nothing. */
export function findingsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof Error && "findings" in error) return error.findings as readonly string[];
    throw error;
  }
  return [];
}

/**
 * Does some work with stack traces as Node makes them. cdktf takes one for every value that is known only at apply, tens
 * of thousands for an environment, and tsx has each mapped to its source: a quarter of the time that synthesis takes.
 */
export function withoutSourceMaps<Result>(work: () => Result): Result {
  const { sourceMapsEnabled } = process;
  process.setSourceMapsEnabled(false);
  try {
    return work();
  } finally {
    process.setSourceMapsEnabled(sourceMapsEnabled);
  }
}

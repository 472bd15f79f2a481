import { quantile } from "./statistics";
import type { TimedSequence } from "./timed-sequence";

/** What a wave of sequences amounts to. */
export type WaveFigures = Readonly<{
  /** Output tokens per second, from the start to the last token. */
  outputRate: number;
  /**
   * Tokens per second while all sequences decode: from when the last of them has its first token to when the first of
   * them has its last; NaN where there is no such time.
   */
  decodeRate: number;
  ttftMsP50: number;
  ttftMsP99: number;
  interTokenMsP50: number;
  interTokenMsP99: number;
}>;

export function waveFigures(sequences: readonly TimedSequence[]): WaveFigures {
  const times = sequences.flatMap(({ tokenTimesMs }) => tokenTimesMs);
  const begun = Math.min(...sequences.map(({ startedMs }) => startedMs));
  const allDecode = Math.max(...sequences.map(({ tokenTimesMs }) => tokenTimesMs[0]));
  const oneEnds = Math.min(...sequences.map(({ tokenTimesMs }) => tokenTimesMs[tokenTimesMs.length - 1]));
  const between = times.filter((time) => time > allDecode && time <= oneEnds).length;
  const ttft = sequences.map(({ startedMs, tokenTimesMs }) => tokenTimesMs[0] - startedMs);
  const gaps = sequences.flatMap(interTokenMs);
  return {
    outputRate: (times.length / (Math.max(...times) - begun)) * 1000,
    decodeRate: oneEnds > allDecode ? (between / (oneEnds - allDecode)) * 1000 : Number.NaN,
    ttftMsP50: quantile(ttft, 0.5),
    ttftMsP99: quantile(ttft, 0.99),
    interTokenMsP50: quantile(gaps, 0.5),
    interTokenMsP99: quantile(gaps, 0.99),
  };
}

/** The times from each token to the next. */
export function interTokenMs({ tokenTimesMs }: TimedSequence): number[] {
  return tokenTimesMs.slice(1).map((time, index) => time - tokenTimesMs[index]);
}

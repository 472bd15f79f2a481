import { Writable } from "node:stream";
import { type Logger, pino } from "pino";

export type LogLine = Readonly<{ level: number; msg: string } & Record<string, unknown>>;

/** A logger whose lines can be looked at. */
export function notedLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()));
      done();
    },
  });
  return { log: pino({ level: "debug" }, sink), lines };
}

import { Token } from "cdktf";
import type { Finding } from "../construct-error";

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const fields: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: months },
  { name: "day of the week", min: 0, max: 7, names: days },
];

/** Findings on what is no schedule in unix-cron form. One that is known only at apply is not judged. */
export function checkCron(property: string, schedule: string): Finding[] {
  if (Token.isUnresolved(schedule)) return [];
  const stated = schedule.trim().split(/\s+/);
  const wrong =
    stated.length === fields.length ? fields.find((field, at) => !isOf(field, stated[at])) : undefined;
  if (stated.length === fields.length && wrong === undefined) return [];
  const which = wrong === undefined ? "" : `${wrong.name} is ${wrong.min} to ${wrong.max}: `;
  const remedy = `${which}state minute, hour, day of the month, month and day of the week, as "0 19 * * MON-FRI"`;
  return [{ property, received: schedule, remedy }];
}

function isOf(field: Field, text: string): boolean {
  return text.split(",").every((item) => {
    const [, range, step] = /^([^/]+)(?:\/(\d+))?$/.exec(item) ?? [];
    if (range === undefined || (step !== undefined && Number(step) < 1)) return false;
    if (range === "*") return true;
    const [from, to = from, ...rest] = range.split("-").map((value) => numberOf(field, value));
    return rest.length === 0 && from >= field.min && to <= field.max && from <= to;
  });
}

function numberOf({ min, names = [] }: Field, text: string): number {
  const named = names.indexOf(text.toUpperCase());
  if (named >= 0) return named + min;
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

/** Findings on a time zone that the tz database does not know. */
export function checkTimeZone(property: string, timeZone: string): Finding[] {
  if (Token.isUnresolved(timeZone) || isTimeZone(timeZone)) return [];
  return [{ property, received: timeZone, remedy: "name it as the tz database does, as Europe/Amsterdam" }];
}

function isTimeZone(name: string): boolean {
  try {
    // It takes offsets such as +01:00 too, which are no names.
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

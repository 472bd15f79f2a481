import type { Finding } from "../construct-error";

interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const fields: readonly CronField[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  {
    name: "month",
    min: 1,
    max: 12,
    words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of the week", min: 0, max: 7, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

const FORM =
  'five fields, as "0 3 * * *" for every day at three: https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules';

/** Findings on a schedule that Cloud Scheduler would refuse. */
export function checkSchedule(property: string, schedule: string): Finding[] {
  const parts = schedule.trim().split(/\s+/);
  if (parts.length !== fields.length) return [{ property, received: schedule, remedy: `use ${FORM}` }];
  return fields.flatMap((field, index) =>
    parts[index].split(",").every((part) => isPart(part, field))
      ? []
      : [
          {
            property,
            received: schedule,
            remedy: `state the ${field.name}, ${parts[index]}, by *, or numbers from ${field.min} to ${field.max}, their ranges and steps`,
          },
        ],
  );
}

/** A number, a range, or every so many of either. */
function isPart(part: string, field: CronField): boolean {
  const [range, step, ...more] = part.split("/");
  if (more.length > 0) return false;
  if (step !== undefined && !(/^\d+$/.test(step) && Number(step) >= 1 && Number(step) <= field.max))
    return false;
  if (range === "*") return true;
  const bounds = range.split("-").map((bound) => numberOf(bound, field));
  if (bounds.length > 2 || bounds.some((bound) => bound === undefined)) return false;
  const [first = 0, last = first] = bounds;
  return first >= field.min && last <= field.max && first <= last;
}

function numberOf(text: string, { words = [], min }: CronField): number | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const index = words.indexOf(text.toLowerCase());
  return index < 0 ? undefined : index + min;
}

/** Findings on a time zone that the database of time zones does not have. */
export function checkTimeZone(property: string, timeZone: string): Finding[] {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    // Offsets are understood here, and not there.
    if (/^[A-Z]/i.test(timeZone)) return [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return [
    {
      property,
      received: timeZone,
      remedy: "name it as the tz database does, as Europe/Amsterdam or Etc/UTC",
    },
  ];
}

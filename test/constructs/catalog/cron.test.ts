import { checkCron, checkTimeZone } from "../../../constructs/catalog/cron";

const FORM = 'state minute, hour, day of the month, month and day of the week, as "0 19 * * MON-FRI"';

describe("a schedule in cron form", () => {
  test.each([
    "0 8 * * MON-FRI",
    "*/15 * * * *",
    "30 6,18 1-7 JAN,jul 0",
    "0 0 * * 7",
    "5 4 31 12 *",
    "0-30/10 * * * *",
  ])("is accepted: %s", (schedule) => {
    expect(checkCron("schedule", schedule)).toEqual([]);
  });

  test.each([
    ["", FORM],
    ["0 8 * *", FORM],
    ["0 8 * * * *", FORM],
    ["@daily", FORM],
    ["60 8 * * *", `minute is 0 to 59: ${FORM}`],
    ["0 24 * * *", `hour is 0 to 23: ${FORM}`],
    ["0 8 0 * *", `day of the month is 1 to 31: ${FORM}`],
    ["0 8 * 13 *", `month is 1 to 12: ${FORM}`],
    ["0 8 * * FUN", `day of the week is 0 to 7: ${FORM}`],
    ["0 18-8 * * *", `hour is 0 to 23: ${FORM}`],
    ["*/0 * * * *", `minute is 0 to 59: ${FORM}`],
    ["0 8-10-12 * * *", `hour is 0 to 23: ${FORM}`],
  ])("is refused: %p", (schedule, remedy) => {
    expect(checkCron("schedule", schedule)).toEqual([{ property: "schedule", received: schedule, remedy }]);
  });
});

describe("a time zone", () => {
  test.each(["Europe/Amsterdam", "UTC", "America/Argentina/Buenos_Aires"])("is accepted: %s", (zone) => {
    expect(checkTimeZone("timeZone", zone)).toEqual([]);
  });

  test.each(["Europe/Amsterdamm", "+01:00", ""])("is refused: %p", (zone) => {
    expect(checkTimeZone("timeZone", zone)).toEqual([
      {
        property: "timeZone",
        received: zone,
        remedy: "name it as the tz database does, as Europe/Amsterdam",
      },
    ]);
  });
});

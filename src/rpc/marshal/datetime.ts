/** Dates of the API: many spellings come in, one goes out. Pure calendar arithmetic, no clock and no time zone tables. */

const pattern =
  /^(\d{4})-?(\d{2})-?(\d{2})[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:\.\d{1,9})?)?(?:Z|([+-])(\d{2})(?::?(\d{2}))?)?$/;

const dayMinutes = 1440;

/**
 * Any ISO 8601 date and time, with or without dashes, colons, seconds, fraction (dropped) and offset (none means UTC),
 * as `YYYYMMDDTHH:MM:SSZ`. Undefined when it is not a time that exists in the years 0000 to 9999.
 */
export function normaliseDatetime(text: string): string | undefined {
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const offsetHour = Number(found[8] ?? 0);
  const offsetMinute = Number(found[9] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined;
  const offset = (found[7] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  const minutes = hour * 60 + minute - offset;
  const days = Math.floor(minutes / dayMinutes);
  const date = moveDay(year, month, day, days);
  if (date.year < 0 || date.year > 9999) return undefined;
  const rest = minutes - days * dayMinutes;
  const clock = `${pad(Math.floor(rest / 60), 2)}:${pad(rest % 60, 2)}:${pad(second, 2)}`;
  return `${pad(date.year, 4)}${pad(date.month, 2)}${pad(date.day, 2)}T${clock}Z`;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** An offset is less than a day, so it moves the date by one day at most. */
function moveDay(year: number, month: number, day: number, by: number): Day {
  if (by < 0) {
    if (day > 1) return { year, month, day: day - 1 };
    if (month === 1) return { year: year - 1, month: 12, day: 31 };
    return { year, month: month - 1, day: daysInMonth(year, month - 1) };
  }
  if (by > 0) {
    if (day < daysInMonth(year, month)) return { year, month, day: day + 1 };
    if (month === 12) return { year: year + 1, month: 1, day: 1 };
    return { year, month: month + 1, day: 1 };
  }
  return { year, month, day };
}

function pad(number: number, width: number): string {
  return String(number).padStart(width, '0');
}

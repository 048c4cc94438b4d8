/** Reads and writes the dates of HTTP headers (RFC 9110, section 5.6.7). */

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

// Sun, 06 Nov 1994 08:49:37 GMT, and Sunday, 06-Nov-94 08:49:37 GMT; the name of the day says nothing and may be missing.
const dayFirst = /^(?:[a-z]{3,9},? )?(\d{1,2})[ -]([a-z]{3})[ -](\d{4}|\d{2}) (\d{2}):(\d{2}):(\d{2})(?: (.*))?$/i;
// Sun Nov  6 08:49:37 1994
const asctime = /^[a-z]{3} ([a-z]{3}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/i;

/**
 * Formats a moment for an HTTP header, such as `Sun, 27 Jan 2013 18:43:20 GMT`.
 *
 * @param moment - A `Date`, or seconds since 1970 as in Tornado.
 * @throws {RangeError} When it is not a valid moment.
 */
export function formatTimestamp(moment: Date | number): string {
  const date = typeof moment === "number" ? new Date(moment * 1000) : moment;
  if (Number.isNaN(date.getTime())) throw new RangeError(`Not a moment in time: ${String(moment)}.`);
  return date.toUTCString();
}

/**
 * Reads the date of a header in any of the three forms of RFC 9110. A date without a zone counts as UTC, as in Tornado;
 * an offset such as `+0100` is understood as well.
 *
 * @returns The moment, or `null` when the text is not a date; never throws.
 */
export function parseHttpDate(text: string): Date | null {
  const trimmed = text.trim();
  const match = dayFirst.exec(trimmed);
  if (match !== null) {
    const [, day, month, year, hour, minute, second, zone] = match;
    const offsetMinutes = zoneOffset(zone ?? "");
    return offsetMinutes === null
      ? null
      : moment(fullYear(year!), month!, day!, hour!, minute!, second!, offsetMinutes);
  }
  const other = asctime.exec(trimmed);
  if (other === null) return null;
  const [, month, day, hour, minute, second, year] = other;
  return moment(Number(year), month!, day!, hour!, minute!, second!, 0);
}

function moment(
  year: number,
  monthName: string,
  day: string,
  hour: string,
  minute: string,
  second: string,
  offsetMinutes: number,
): Date | null {
  const month = months.indexOf(monthName.toLowerCase());
  // A leap second is written as 60; it is the same moment as the next second.
  if (month === -1 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month, Number(day));
  // The 31st of February would silently be a day in March.
  if (date.getUTCMonth() !== month || date.getUTCDate() !== Number(day)) return null;
  date.setUTCHours(Number(hour), Number(minute) - offsetMinutes, Number(second), 0);
  return date;
}

/** Two digits mean the year that is at most 50 years ahead (RFC 9110, section 5.6.7). */
function fullYear(digits: string): number {
  if (digits.length === 4) return Number(digits);
  const thisYear = new Date().getUTCFullYear();
  const candidate = thisYear - (thisYear % 100) + Number(digits);
  return candidate > thisYear + 50 ? candidate - 100 : candidate;
}

function zoneOffset(zone: string): number | null {
  if (/^(?:|GMT|UTC?|Z)$/i.test(zone)) return 0;
  const match = /^([+-])(\d{2})(\d{2})$/.exec(zone);
  if (match === null) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === "-" ? -minutes : minutes;
}

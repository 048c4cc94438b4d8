/** Turns the text of an option into its value. */

/** Makes a value of text; what it throws tells that the text is none. */
export type ParseValue<Value> = (text: string) => Value;

/** A whole number. */
export function integer(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`"${text}" is no whole number`);
  return value;
}

/** Any number, in decimals or as `0x1f`. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new RangeError(`"${text}" is no number`);
  return value;
}

/** Everything is true but `false`, `f` and `0`. */
export function boolean(text: string): boolean {
  return !["false", "0", "f"].includes(text.toLowerCase());
}

const secondsOf: ReadonlyMap<string, number> = new Map([
  ["us", 1e-6],
  ["microsecond", 1e-6],
  ["ms", 1e-3],
  ["millisecond", 1e-3],
  ["", 1],
  ["s", 1],
  ["sec", 1],
  ["second", 1],
  ["m", 60],
  ["min", 60],
  ["minute", 60],
  ["h", 3600],
  ["hour", 3600],
  ["d", 86_400],
  ["day", 86_400],
  ["w", 604_800],
  ["week", 604_800],
]);
const durationPart = /\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)(?:\s*([a-z]+))?\s*/iy;

/**
 * A duration, in seconds: `45`, `1.5 hours`, `2d 3h`, `1h30m`. It stands where Tornado has `datetime.timedelta`.
 *
 * @throws RangeError when a part is no number, or its unit unknown.
 */
export function duration(text: string): number {
  let seconds = 0;
  let at = 0;
  do {
    durationPart.lastIndex = at;
    const [whole, amount, unit = ""] = durationPart.exec(text) ?? [];
    const unitSeconds = secondsOf.get(singular(unit));
    if (whole === undefined || unitSeconds === undefined) {
      throw new RangeError(`"${text}" is no duration such as "45", "1.5 hours" or "2d 3h"`);
    }
    seconds += Number(amount) * unitSeconds;
    at += whole.length;
  } while (at < text.length);
  return seconds;
}

function singular(unit: string): string {
  return unit.length > 2 && unit.endsWith("s") ? unit.slice(0, -1) : unit;
}

/** A day with or without a time; a time; what C's `ctime` writes. */
const dateForms = [
  /^(?<year>\d{4})(?<dash>-?)(?<month>\d{1,2})\k<dash>(?<day>\d{1,2})(?:[ T](?<hour>\d{1,2}):(?<minute>\d{1,2})(?::(?<second>\d{1,2}))?)?$/,
  /^(?<hour>\d{1,2}):(?<minute>\d{1,2})(?::(?<second>\d{1,2}))?$/,
  /^[A-Z][a-z]{2} (?<monthName>[A-Z][a-z]{2}) (?<day>\d{1,2}) (?<hour>\d{1,2}):(?<minute>\d{1,2}):(?<second>\d{1,2}) (?<year>\d{4})$/,
];
const withZone = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[-+]\d\d:\d\d)$/;
const monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec";

/**
 * A date, in local time: `2026-11-21 13:45:10`, `2026-11-21T13:45`, `20261121`, `13:45` (of the first day of 1900), or
 * `Sat Nov 21 13:45:10 2026`, as in Tornado. With a zone, such as `2026-11-21T13:45:10Z`, it is of that zone.
 *
 * @throws RangeError when the text is none, or there is no such day.
 */
export function date(text: string): Date {
  if (withZone.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text);
  for (const form of dateForms) {
    const { monthName, ...parts } = form.exec(text)?.groups ?? {};
    if (parts.hour === undefined && parts.day === undefined) continue;
    const { year = "1900", month = "1", day = "1", hour = "0", minute = "0", second = "0" } = parts;
    const monthIndex = monthName === undefined ? Number(month) - 1 : monthNames.indexOf(monthName) / 3;
    const found = new Date(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second));
    const isAsWritten =
      found.getMonth() === monthIndex &&
      found.getDate() === Number(day) &&
      Number(hour) < 24 &&
      Number(minute) < 60 &&
      Number(second) < 60;
    if (isAsWritten) return found;
  }
  throw new RangeError(`"${text}" is no date such as "2026-11-21 13:45"`);
}

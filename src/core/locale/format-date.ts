/** Dates and times as people say them. The English words are messages that translations may replace. */

/** How `formatDate` writes. */
export interface FormatDateOptions {
  /** Minutes that are subtracted, as `Date.prototype.getTimezoneOffset` gives them. Default 0. */
  readonly gmtOffset?: number;
  /** `5 minutes ago`, `yesterday`. Default true. */
  readonly relative?: boolean;
  /** Leaves the time of day out where a date stands. Default false. */
  readonly shorter?: boolean;
  /** Always date and time. Default false. */
  readonly fullFormat?: boolean;
  /** What counts as now. Default the clock. */
  readonly now?: Date;
}

/** How `formatDay` writes. */
export interface FormatDayOptions {
  /** Minutes that are subtracted. Default 0. */
  readonly gmtOffset?: number;
  /** With the day of the week. Default true. */
  readonly dow?: boolean;
}

/** The side of a `Locale` that dates need. */
interface Translator {
  readonly code: string;
  translate(message: string, plural?: string, count?: number): string;
}

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

const units = ["second", "minute", "hour"] as const;
const dayFormats = ["%(weekday)s, %(month_name)s %(day)s", "%(month_name)s %(day)s"] as const;
const timeFormats = [
  "%(time)s",
  "yesterday",
  "yesterday at %(time)s",
  "%(weekday)s",
  "%(weekday)s at %(time)s",
  "%(month_name)s %(day)s",
  "%(month_name)s %(day)s at %(time)s",
  "%(month_name)s %(day)s, %(year)s",
  "%(month_name)s %(day)s, %(year)s at %(time)s",
] as const;

/** One of the formats above: a format that is in no list could not be translated. */
type TimeFormat = (typeof timeFormats)[number];

/** A message of ours that translations may have. */
export interface DateMessage {
  readonly message: string;
  readonly plural?: string;
}

/** What `formatDay` translates. */
export const dayMessages: readonly DateMessage[] = [...dayFormats, ...weekdays, ...months].map((message) => ({
  message,
}));
/** What `formatDate` translates. */
export const dateMessages: readonly DateMessage[] = [
  ...units.map(agoMessage),
  ...[...timeFormats, ...weekdays, ...months].map((message) => ({ message })),
];

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** See `Locale.formatDate`. */
export function formatDate(locale: Translator, date: Date | number, options: FormatDateOptions = {}): string {
  const { gmtOffset = 0, relative = true, shorter = false, fullFormat = false, now = new Date() } = options;
  let timeMs = typeof date === "number" ? date * secondMs : date.getTime();
  const nowMs = now.getTime();
  // Clocks differ a little between machines: just ahead is now. Further ahead is always written out.
  if (relative && timeMs > nowMs && timeMs - nowMs < minuteMs) timeMs = nowMs;
  const local = new Date(timeMs - gmtOffset * minuteMs);
  const isWrittenOut = fullFormat || timeMs > nowMs;
  if (!isWrittenOut && relative && nowMs - timeMs < dayMs) return ago(locale, nowMs - timeMs);
  const yesterday = new Date(nowMs - gmtOffset * minuteMs - dayMs);
  const format = isWrittenOut
    ? dateFormat(shorter)
    : elapsedFormat(
        Math.floor((nowMs - timeMs) / dayMs),
        relative && local.getUTCDate() === yesterday.getUTCDate(),
        shorter,
      );
  return fillFormat(locale, format, local);
}

/** See `Locale.formatDay`. */
export function formatDay(
  locale: Translator,
  date: Date,
  { gmtOffset = 0, dow = true }: FormatDayOptions = {},
): string {
  const local = new Date(date.getTime() - gmtOffset * minuteMs);
  return fillFormat(locale, dayFormats[dow ? 0 : 1], local);
}

function ago(locale: Translator, elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / secondMs);
  if (seconds < 50) return count(locale, "second", seconds);
  if (seconds < 50 * 60) return count(locale, "minute", roundHalfToEven(seconds / 60));
  return count(locale, "hour", roundHalfToEven(seconds / 3600));
}

function count(locale: Translator, unit: (typeof units)[number], number: number): string {
  const { message, plural } = agoMessage(unit);
  return locale.translate(message, plural, number).replace(`%(${unit}s)d`, String(number));
}

function agoMessage(unit: (typeof units)[number]): Required<DateMessage> {
  return { message: `1 ${unit} ago`, plural: `%(${unit}s)d ${unit}s ago` };
}

function elapsedFormat(days: number, isYesterday: boolean, shorter: boolean): TimeFormat {
  if (days === 0) return "%(time)s";
  if (days === 1 && isYesterday) return shorter ? "yesterday" : "yesterday at %(time)s";
  if (days < 5) return shorter ? "%(weekday)s" : "%(weekday)s at %(time)s";
  // Eleven months: the same month of last year needs its year.
  if (days < 334) return shorter ? "%(month_name)s %(day)s" : "%(month_name)s %(day)s at %(time)s";
  return dateFormat(shorter);
}

function dateFormat(shorter: boolean): TimeFormat {
  return shorter ? "%(month_name)s %(day)s, %(year)s" : "%(month_name)s %(day)s, %(year)s at %(time)s";
}

function fillFormat(locale: Translator, format: string, local: Date): string {
  const values: Readonly<Record<string, () => string>> = {
    time: () => timeOfDay(locale.code, local),
    weekday: () => locale.translate(weekdays[local.getUTCDay()]!),
    month_name: () => locale.translate(months[local.getUTCMonth()]!),
    day: () => String(local.getUTCDate()),
    year: () => String(local.getUTCFullYear()),
  };
  return locale.translate(format).replace(/%\((\w+)\)s/g, (whole, name: string) => values[name]?.() ?? whole);
}

function timeOfDay(code: string, local: Date): string {
  const hour = local.getUTCHours();
  const minutes = String(local.getUTCMinutes()).padStart(2, "0");
  const isAfternoon = hour >= 12;
  if (code === "en" || code === "en_US") return `${hour % 12 || 12}:${minutes} ${isAfternoon ? "pm" : "am"}`;
  if (code === "zh_CN") return `${isAfternoon ? "\u4e0b\u5348" : "\u4e0a\u5348"}${hour % 12 || 12}:${minutes}`;
  return `${hour}:${minutes}`;
}

/** Rounds as Python does, so that both say the same. */
function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** A language, and the texts, dates and lists in it. */

import { type FormatDateOptions, type FormatDayOptions, formatDate, formatDay } from "./format-date.js";

/** Translations of one language: by message, then by number. */
export interface TranslationTable {
  readonly plural: ReadonlyMap<string, string>;
  readonly singular: ReadonlyMap<string, string>;
  readonly unknown: ReadonlyMap<string, string>;
}

/** What `list` translates. */
export const listMessage = "%(commas)s and %(last)s";

/** Languages that are written from right to left. */
const rightToLeft = new Set(["ar", "fa", "he"]);

/** A language. Subclasses know where its translations come from. */
export abstract class Locale {
  /** Such as `en_US` or `de`. */
  readonly code: string;
  /** Name of the language in itself, or `Unknown`. */
  readonly name: string;
  /** Whether it is written from right to left. */
  readonly rtl: boolean;

  constructor(code: string) {
    this.code = code;
    this.name = nameOf(code);
    this.rtl = rightToLeft.has(code.split("_")[0]!);
  }

  /**
   * Translates a message; what has no translation stays as it is. `%(name)s` placeholders are left to the caller.
   *
   * @param plural - The message for a `count` other than 1.
   */
  abstract translate(message: string, plural?: string, count?: number): string;

  /** Translates a message that means different things in different contexts. */
  abstract pgettext(context: string, message: string, plural?: string, count?: number): string;

  /** Gives a date as people say it, such as `5 minutes ago` or `yesterday at 3:10 pm`. A number is in seconds since 1970. */
  formatDate(date: Date | number, options?: FormatDateOptions): string {
    return formatDate(this, date, options);
  }

  /** Gives the day of a date, such as `Monday, January 22`. */
  formatDay(date: Date, options?: FormatDayOptions): string {
    return formatDay(this, date, options);
  }

  /** Joins parts with commas and "and": `A, B and C`. */
  list(parts: readonly string[]): string {
    if (parts.length <= 1) return parts[0] ?? "";
    const comma = this.code.startsWith("fa") ? " \u0648 " : ", ";
    return fill(this.translate(listMessage), {
      commas: parts.slice(0, -1).join(comma),
      last: parts.at(-1)!,
    });
  }

  /** Gives a whole number with commas between thousands, in English. */
  friendlyNumber(value: number): string {
    return this.code === "en" || this.code === "en_US" ? value.toLocaleString("en-US") : String(value);
  }
}

/** Puts values in the place of `%(name)s` and `%(name)d` in a translated message; `%%` is a percent sign, as in Python. */
export function fill(message: string, values: Readonly<Record<string, string | number>>): string {
  return message.replace(/%(?:%|\((\w+)\)[sd])/g, (whole, name: string | undefined) => {
    if (name === undefined) return "%";
    return Object.hasOwn(values, name) ? String(values[name]) : whole;
  });
}

function nameOf(code: string): string {
  const tag = code.replace("_", "-");
  try {
    const names = new Intl.DisplayNames([tag], { type: "language", languageDisplay: "standard", fallback: "none" });
    const name = names.of(tag);
    return name === undefined ? "Unknown" : name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
  } catch {
    return "Unknown";
  }
}

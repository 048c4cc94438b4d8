import { afterEach, describe, expect, it } from "vitest";
import { chooseBrowserLocale } from "../../../src/core/locale/browser-locale.js";
import { dateMessages, dayMessages, formatDate, formatDay } from "../../../src/core/locale/format-date.js";
import { fill, type TranslationTable } from "../../../src/core/locale/locale.js";
import {
  get,
  getSupportedLocales,
  setDefaultLocale,
  setTranslations,
} from "../../../src/core/locale/supported-locales.js";

function table(changes: { [Kind in keyof TranslationTable]?: Record<string, string> } = {}): TranslationTable {
  const map = (record: Record<string, string> = {}) => new Map(Object.entries(record));
  return { plural: map(changes.plural), singular: map(changes.singular), unknown: map(changes.unknown) };
}

afterEach(() => {
  setDefaultLocale("en_US");
  setTranslations(new Map());
});

describe("fill", () => {
  it.each([
    ["%(n)d of %(all)s", { n: 1, all: "$& %(n)d" }, "1 of $& %(n)d"],
    ["%(missing)s %(toString)s %n %(n)x", { n: 1 }, "%(missing)s %(toString)s %n %(n)x"],
    // As Python does, and as tools expect of messages marked python-format.
    ["100%% of %(n)d, %%(n)d", { n: 1 }, "100% of 1, %(n)d"],
  ])("puts values into %j", (message, values, filled) => {
    expect(fill(message, values)).toBe(filled);
  });
});

describe("get", () => {
  it.each([
    [["de"], "de"],
    [["de-AT"], "de"],
    [["pt-br"], "pt_BR"],
    [["PT_BR"], "pt_BR"],
    [["pt"], "en_US"],
    [["xx", "de"], "de"],
    [["zh-Hans-CN"], "en_US"],
    [[], "en_US"],
  ])("chooses for %j", (codes, code) => {
    setTranslations(
      new Map([
        ["de", table()],
        ["pt_BR", table()],
      ]),
    );

    expect(get(...codes).code).toBe(code);
  });

  it("gives the same object for the same language", () => {
    expect(get("en_US")).toBe(get());
  });

  it("lists what is spoken", () => {
    setTranslations(new Map([["de", table()]]));
    setDefaultLocale("fr");

    expect(getSupportedLocales().sort()).toEqual(["de", "fr"]);
  });
});

describe("chooseBrowserLocale", () => {
  it.each([
    ["de,en-US;q=0.5", "de"],
    ["en-US;q=0.5,de", "de"],
    ["de;q=0,en-US;q=0.1", "en_US"],
    ["de;q=x,en-US;q=0.1", "en_US"],
    ["de;q=-1", "en_US"],
    ["xx, de;q=0.1", "de"],
    ["", "en_US"],
    [undefined, "en_US"],
  ])("reads %j", (header, code) => {
    setTranslations(new Map([["de", table()]]));

    expect(chooseBrowserLocale(header).code).toBe(code);
  });
});

describe("a Locale", () => {
  it("translates by number, and leaves the unknown as it is", () => {
    setTranslations(
      new Map([
        [
          "de",
          table({
            unknown: { "Sign in": "Anmelden" },
            singular: { "1 dog": "1 Hund" },
            plural: { "%(n)d dogs": "%(n)d Hunde" },
          }),
        ],
      ]),
    );
    const de = get("de");

    expect(de.translate("Sign in")).toBe("Anmelden");
    expect(de.translate("Sign out")).toBe("Sign out");
    expect(de.translate("1 dog", "%(n)d dogs", 1)).toBe("1 Hund");
    expect(fill(de.translate("1 dog", "%(n)d dogs", 2), { n: 2 })).toBe("2 Hunde");
    expect(() => de.translate("a", "b")).toThrow("needs the count");
  });

  it("knows its name and direction", () => {
    setTranslations(
      new Map([
        ["de", table()],
        ["he", table()],
        ["zz", table()],
      ]),
    );

    expect([get("de").name, get("de").rtl]).toEqual(["Deutsch", false]);
    expect(get("he").rtl).toBe(true);
    expect(get("zz").name).toBe("Unknown");
  });

  it("joins lists and groups digits", () => {
    const locale = get();

    expect([locale.list([]), locale.list(["A"]), locale.list(["A", "B"]), locale.list(["A", "B", "C"])]).toEqual([
      "",
      "A",
      "A and B",
      "A, B and C",
    ]);
    expect([locale.friendlyNumber(1000000), locale.friendlyNumber(-123456), locale.friendlyNumber(12)]).toEqual([
      "1,000,000",
      "-123,456",
      "12",
    ]);
  });
});

describe("formatDate", () => {
  const now = new Date("2013-04-28T18:35:00Z");
  const before = (seconds: number) => new Date(now.getTime() - seconds * 1000);
  const day = 86_400;

  it.each([
    [0, {}, "0 seconds ago"],
    [1, {}, "1 second ago"],
    [2, {}, "2 seconds ago"],
    [60, {}, "1 minute ago"],
    [120, {}, "2 minutes ago"],
    [3600, {}, "1 hour ago"],
    [2.5 * 3600, {}, "2 hours ago"],
    [day - 1, {}, "24 hours ago"],
    [-30, {}, "0 seconds ago"],
    [-3600, {}, "April 28, 2013 at 7:35 pm"],
    [day, {}, "yesterday at 6:35 pm"],
    [day, { shorter: true }, "yesterday"],
    [2 * day, {}, "Friday at 6:35 pm"],
    [2 * day, { shorter: true }, "Friday"],
    [300 * day, {}, "July 2 at 6:35 pm"],
    [300 * day, { shorter: true }, "July 2"],
    [1000 * day, {}, "August 2, 2010 at 6:35 pm"],
    [1000 * day, { shorter: true }, "August 2, 2010"],
    [60, { relative: false }, "6:34 pm"],
    [60, { fullFormat: true }, "April 28, 2013 at 6:34 pm"],
    [60, { fullFormat: true, relative: false, gmtOffset: 7 * 60 }, "April 28, 2013 at 11:34 am"],
  ])("of %d seconds ago with %j", (seconds, options, expected) => {
    const result = get("en_US").formatDate(before(seconds), { ...options, now });

    expect(result).toBe(expected);
  });

  it("counts 24 hours in other languages", () => {
    setTranslations(
      new Map([
        ["de", table()],
        ["zh_CN", table()],
      ]),
    );
    const options = { fullFormat: true, relative: false, now };

    expect(get("de").formatDate(now, options)).toBe("April 28, 2013 at 18:35");
    expect(get("zh_CN").formatDate(now, options)).toBe("April 28, 2013 at 下午6:35");
  });

  it("gives the day", () => {
    expect(get().formatDay(now)).toBe("Sunday, April 28");
    expect(get().formatDay(now, { dow: false })).toBe("April 28");
  });

  it("takes seconds since 1970", () => {
    expect(get().formatDate(now.getTime() / 1000, { now })).toBe("0 seconds ago");
  });
});

describe("dateMessages and dayMessages", () => {
  it("are all that dates ask translations for", () => {
    const asked = { date: new Set<string>(), day: new Set<string>() };
    const translator = (seen: Set<string>) => ({
      code: "de",
      translate: (message: string) => {
        seen.add(message);
        return message;
      },
    });
    const now = new Date("2026-06-15T12:00:00Z");
    // A weekday is only named within five days.
    const later = new Date("2026-06-18T12:00:00Z");
    formatDate(translator(asked.date), new Date("2026-06-15T12:00:00Z"), { now: later });
    formatDate(translator(asked.date), new Date("2026-06-16T12:00:00Z"), { now: later });
    for (let hours = -30 * 24; hours < 400 * 24; hours += 7) {
      const date = new Date(now.getTime() - hours * 3_600_000 + 1);
      for (const shorter of [true, false]) formatDate(translator(asked.date), date, { shorter, now });
      formatDate(translator(asked.date), date, { relative: false, now });
      for (const dow of [true, false]) formatDay(translator(asked.day), date, { dow });
    }
    for (const seconds of [10, 100]) {
      formatDate(translator(asked.date), new Date(now.getTime() - seconds * 1000), { now });
    }

    expect([...asked.date].sort()).toEqual(dateMessages.map(({ message }) => message).sort());
    expect([...asked.day].sort()).toEqual(dayMessages.map(({ message }) => message).sort());
  });
});

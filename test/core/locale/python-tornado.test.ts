/** Asks Tornado itself, where it is installed, how it writes dates, lists and numbers, and compares every answer. */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dateMessages, dayMessages } from "../../../src/core/locale/format-date.js";
import { CSVLocale } from "../../../src/core/locale/table-locale.js";

const python = "/usr/bin/python3";
const hasTornado = existsSync(python) && spawnSync(python, ["-c", "import tornado"]).status === 0;

/** Sunday noon, so that the days around it have other names and the months before it another year. */
const now = Date.UTC(2026, 2, 1, 12, 0, 0) / 1000;
const codes = ["en", "en_US", "zh_CN", "de", "fa"];
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const ages = [
  ...[0, 1, 49, 50, 89, 90, 91, 149, 150, 151, 49 * minute + 29, 50 * minute - 1, 50 * minute],
  ...[
    hour + 29 * minute,
    1.5 * hour,
    2.5 * hour,
    3.5 * hour,
    12 * hour,
    day - 1,
    day,
    1.4 * day,
    1.6 * day,
    2 * day - 1,
  ],
  ...[2 * day, 4.9 * day, 5 * day, 60 * day, 333.9 * day, 334 * day, 365 * day, 4000 * day],
  // Ahead: two clocks that differ, then a date. Whole days ahead are "0 seconds ago" there, which is a mistake.
  ...[-1, -59, -60, -hour, -3 * day - hour],
];
const gmtOffsets = [0, -120, 300, -765];
const flags = [{}, { relative: false }, { shorter: true }, { fullFormat: true }, { relative: false, shorter: true }];
const lists = [[], ["a"], ["a", "b"], ["a", "b", "%(last)s", "$&"]];
const numbers = [0, 7, 999, 1000, 1_234_567, 100_000];

/** Translations that put every word into brackets, and so show what was asked for. */
const marked = new Map(
  [...dateMessages, ...dayMessages]
    .flatMap(({ message, plural }) => [message, ...(plural === undefined ? [] : [plural])])
    .map((message) => [message, `[${message}]`]),
);

const program = `
import datetime, json, sys
from tornado import locale
given = json.load(sys.stdin)
fixed = datetime.datetime.utcfromtimestamp(given["now"])
class Clock(datetime.datetime):
    @classmethod
    def utcnow(cls): return fixed
    @classmethod
    def now(cls, tz=None): return fixed.replace(tzinfo=tz)
class Module:
    datetime, timedelta, timezone = Clock, datetime.timedelta, datetime.timezone
locale.datetime = Module
answers = []
for code in given["codes"]:
    tables = {kind: given["marked"] for kind in ("unknown", "plural", "singular")} if code == "de" else {}
    one = locale.CSVLocale(code, tables)
    dates = [one.format_date(given["now"] - age, offset, flag.get("relative", True), flag.get("shorter", False), flag.get("fullFormat", False))
        for age in given["ages"] for offset in given["gmtOffsets"] for flag in given["flags"]]
    days = [one.format_day(Clock.utcfromtimestamp(given["now"] - age), offset, dow)
        for age in given["ages"] for offset in given["gmtOffsets"] for dow in (True, False)]
    answers.append([dates, days, [one.list(parts) for parts in given["lists"]], [one.friendly_number(n) for n in given["numbers"]]])
print(json.dumps(answers))
`;

describe.runIf(hasTornado)("Tornado in Python agrees about", () => {
  it("dates of all ages, days, lists and numbers, in every way to write them", () => {
    const input = JSON.stringify({
      now,
      codes,
      ages,
      gmtOffsets,
      flags,
      lists,
      numbers,
      marked: Object.fromEntries(marked),
    });
    const theirs = JSON.parse(
      execFileSync(python, ["-W", "ignore", "-c", program], { input, encoding: "utf8" }),
    ) as string[][][];

    const ours = codes.map((code) => {
      const table = code === "de" ? marked : new Map<string, string>();
      const locale = new CSVLocale(code, { unknown: table, plural: table, singular: table });
      const dates = ages.flatMap((age) =>
        gmtOffsets.flatMap((gmtOffset) =>
          flags.map((flag) => locale.formatDate(now - age, { ...flag, gmtOffset, now: new Date(now * 1000) })),
        ),
      );
      const days = ages.flatMap((age) =>
        gmtOffsets.flatMap((gmtOffset) =>
          [true, false].map((dow) => locale.formatDay(new Date((now - age) * 1000), { gmtOffset, dow })),
        ),
      );
      return [dates, days, lists.map((parts) => locale.list(parts)), numbers.map((n) => locale.friendlyNumber(n))];
    });

    expect(ours).toEqual(theirs);
  });
});

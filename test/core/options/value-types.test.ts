import { describe, expect, it } from "vitest";
import { boolean, date, duration, integer, number } from "../../../src/core/options/value-types.js";

describe("duration", () => {
  it.each([
    ["45", 45],
    ["1.5 hours", 5400],
    ["2d 3h", 183_600],
    ["1h30m", 5400],
    ["1 h 30 min 5 sec", 5405],
    ["3 weeks", 1_814_400],
    ["250ms", 0.25],
    ["10 us", 0.00001],
    ["-5s", -5],
    ["1e3", 1000],
    [".5 m", 30],
    ["1 day", 86_400],
  ])("reads %j", (text, seconds) => {
    expect(duration(text)).toBeCloseTo(seconds, 9);
  });

  it.each(["", " ", "h", "5 parsecs", "1h foo", "5 5x", "constructor", "1 constructor"])("refuses %j", (text) => {
    expect(() => duration(text)).toThrow(`"${text}" is no duration`);
  });
});

describe("date", () => {
  it.each([
    ["Sat Nov 21 13:45:10 2026", new Date(2026, 10, 21, 13, 45, 10)],
    ["2026-11-21 13:45:10", new Date(2026, 10, 21, 13, 45, 10)],
    ["2026-11-21 13:45", new Date(2026, 10, 21, 13, 45)],
    ["2026-11-21T13:45", new Date(2026, 10, 21, 13, 45)],
    ["20261121 13:45:10", new Date(2026, 10, 21, 13, 45, 10)],
    ["20261121 13:45", new Date(2026, 10, 21, 13, 45)],
    ["2026-11-21", new Date(2026, 10, 21)],
    ["20261121", new Date(2026, 10, 21)],
    ["13:45:10", new Date(1900, 0, 1, 13, 45, 10)],
    ["13:45", new Date(1900, 0, 1, 13, 45)],
    ["2026-11-21T13:45:10Z", new Date(Date.UTC(2026, 10, 21, 13, 45, 10))],
    ["2026-11-21T13:45:10.5+01:00", new Date(Date.UTC(2026, 10, 21, 12, 45, 10, 500))],
  ])("reads %j", (text, value) => {
    expect(date(text)).toEqual(value);
  });

  it.each(["", "tomorrow", "2026-13-01", "2026-02-30", "24:00", "13:60", "2026-1121", "Sat Foo 21 13:45:10 2026"])(
    "refuses %j",
    (text) => {
      expect(() => date(text)).toThrow(`"${text}" is no date`);
    },
  );
});

describe("number, integer and boolean", () => {
  it("read what Tornado reads", () => {
    expect([number("1.5"), number("-2"), integer("7"), integer("1e3")]).toEqual([1.5, -2, 7, 1000]);
    expect(["false", "0", "F", "FALSE"].map(boolean)).toEqual([false, false, false, false]);
    expect(["true", "1", "no", ""].map(boolean)).toEqual([true, true, true, true]);
  });

  it.each(["", " ", "x", "1x", "Infinity", "NaN"])("refuse %j as a number", (text) => {
    expect(() => number(text)).toThrow(`"${text}" is no number`);
  });
});

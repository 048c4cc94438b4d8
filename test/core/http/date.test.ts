import { describe, expect, it } from "vitest";
import { formatTimestamp, parseHttpDate } from "../../../src/core/http/date.js";

describe("formatTimestamp", () => {
  it("gives Tornado's text for seconds and for a Date", () => {
    expect(formatTimestamp(1359312200)).toBe("Sun, 27 Jan 2013 18:43:20 GMT");
    expect(formatTimestamp(new Date(1359312200_000))).toBe("Sun, 27 Jan 2013 18:43:20 GMT");
    expect(formatTimestamp(1359312200.7)).toBe("Sun, 27 Jan 2013 18:43:20 GMT");
  });

  it("refuses what is not a moment", () => {
    expect(() => formatTimestamp(Number.NaN)).toThrow(RangeError);
    expect(() => formatTimestamp(new Date("x"))).toThrow(RangeError);
  });
});

describe("parseHttpDate", () => {
  const expected = "1994-11-06T08:49:37.000Z";

  it.each([
    ["the fixed form of RFC 9110", "Sun, 06 Nov 1994 08:49:37 GMT", expected],
    ["the form of RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", expected],
    ["the form of asctime", "Sun Nov  6 08:49:37 1994", expected],
    ["no zone, which counts as UTC as in Tornado", "Sun, 06 Nov 1994 08:49:37", expected],
    ["no name of the day", "06 Nov 1994 08:49:37 GMT", expected],
    ["an offset", "Sun, 06 Nov 1994 09:49:37 +0100", expected],
    ["blanks around it", "  Sun, 06 Nov 1994 08:49:37 GMT ", expected],
    ["a leap second", "Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00.000Z"],
    ["the 29th of February", "Thu, 29 Feb 2024 00:00:00 GMT", "2024-02-29T00:00:00.000Z"],
  ])("reads %s", (_, text, iso) => {
    expect(parseHttpDate(text)?.toISOString()).toBe(iso);
  });

  it.each([
    "",
    "yesterday",
    "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 06 Xyz 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 25:00:00 GMT",
    "1994-11-06",
    "Sun, 06 Nov 1994 08:49:37 MARS",
  ])("gives null for %j", (text) => {
    expect(parseHttpDate(text)).toBeNull();
  });

  it("reads back every date that it writes", () => {
    for (const seconds of [0, 951_782_400, 1_700_000_000, 4_102_444_800]) {
      expect(parseHttpDate(formatTimestamp(seconds))?.getTime()).toBe(seconds * 1000);
    }
  });
});

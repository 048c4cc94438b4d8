import { describe, expect, it } from "vitest";
import { contentRange, ifRangePermits, parseRange } from "../../../src/core/http/range.js";

describe("parseRange", () => {
  it.each([
    ["bytes=0-9", [{ start: 0, end: 10 }]],
    ["bytes=5-", [{ start: 5, end: 100 }]],
    ["bytes=-5", [{ start: 95, end: 100 }]],
    ["bytes=90-200", [{ start: 90, end: 100 }]],
    ["bytes=99-99999999999999999999", [{ start: 99, end: 100 }]],
    [
      "bytes=0-0,50-59",
      [
        { start: 0, end: 1 },
        { start: 50, end: 60 },
      ],
    ],
    [
      "bytes=10-19, 0-4",
      [
        { start: 10, end: 20 },
        { start: 0, end: 5 },
      ],
    ],
    ["bytes=0-4,500-", [{ start: 0, end: 5 }]],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=9-5", "unsatisfiable"],
    ["bytes=500-,600-", "unsatisfiable"],
    ["bytes=0-", null],
    ["bytes=0-99", null],
    ["bytes=-100", null],
    ["bytes=-500", null],
    ["bytes=", null],
    ["bytes=-", null],
    ["bytes", null],
    ["bytes=a-b", null],
    ["bytes=+1-5", null],
    ["bytes=1_0-20", null],
    ["bytes=0x1-5", null],
    ["bytes=1-2-3", null],
    ["bytes=0-4,", null],
    ["items=0-5", null],
    ["Bytes=0-5", null],
    ["", null],
    [undefined, null],
  ])("%s of 100 bytes gives %j", (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected);
  });

  it("honours ten ranges and ignores eleven", () => {
    const ranges = (count: number) =>
      `bytes=${Array.from({ length: count }, (_, index) => `${index}-${index}`).join(",")}`;

    expect(parseRange(ranges(10), 100)).toHaveLength(10);
    expect(parseRange(ranges(11), 100)).toBeNull();
  });

  it("ignores ranges that overlap so much that the answer would be larger than the file", () => {
    expect(parseRange("bytes=0-,0-,0-", 100)).toBeNull();
  });

  it("can satisfy nothing of an empty file", () => {
    expect(parseRange("bytes=0-", 0)).toBe("unsatisfiable");
    expect(parseRange("bytes=-1", 0)).toBe("unsatisfiable");
  });

  it("stays cheap with a header of nothing but commas", () => {
    expect(parseRange(`bytes=${",".repeat(1_000_000)}`, 100)).toBeNull();
  });
});

describe("ifRangePermits", () => {
  const modified = new Date(1_000_000_000_000);

  it.each([
    [undefined, true],
    ['"tag"', true],
    ['"other"', false],
    ['W/"tag"', false],
    [modified.toUTCString(), true],
    [new Date(modified.getTime() + 1000).toUTCString(), false],
    ["nonsense", false],
  ])("If-Range %s gives %s", (header, expected) => {
    expect(ifRangePermits(header, '"tag"', modified)).toBe(expected);
  });
});

it("formats a Content-Range with the last byte, not the one behind it", () => {
  expect(contentRange({ start: 0, end: 500 }, 1234)).toBe("bytes 0-499/1234");
});

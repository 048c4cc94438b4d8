import { describe, expect, it } from "vitest";
import { etagMatches, isStrongMatch } from "../../../src/core/http/etag.js";

describe("etagMatches", () => {
  it.each([
    ['"a"', '"a"', true],
    ['W/"a"', '"a"', true],
    ['"a"', 'W/"a"', true],
    ['"x", "a"', '"a"', true],
    ['"x","y"', '"a"', false],
    ["*", '"a"', true],
    ['"x", *', '"a"', false],
    ["a", '"a"', false],
    ['"a', '"a"', false],
    ["", '"a"', false],
    [undefined, '"a"', false],
    ['"a, b"', '"a, b"', true],
  ])("If-None-Match %s against %s is %s", (header, etag, expected) => {
    expect(etagMatches(header, etag)).toBe(expected);
  });

  it("stays linear with a header of nothing but quotes", () => {
    expect(etagMatches('W/"'.repeat(100_000), '"a"')).toBe(false);
  });
});

it("compares strongly: a weak tag equals nothing", () => {
  expect(isStrongMatch('"a"', '"a"')).toBe(true);
  expect(isStrongMatch('W/"a"', 'W/"a"')).toBe(false);
  expect(isStrongMatch('"a"', '"b"')).toBe(false);
});

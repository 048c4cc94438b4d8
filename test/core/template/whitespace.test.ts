import { expect, it } from "vitest";
import { filterWhitespace } from "../../../src/core/template/whitespace.js";

it.each([
  ["all", " a \t\n\n b  c ", " a \t\n\n b  c "],
  ["single", " a \t\n\n b  c ", " a\nb c "],
  ["oneline", " a \t\n\n b  c ", " a b c "],
] as const)("filters %s", (mode, text, expected) => {
  expect(filterWhitespace(mode, text)).toBe(expected);
});

it("refuses an unknown mode", () => {
  expect(() => filterWhitespace("some" as never, "")).toThrow('"some" is no way to treat white space');
});

it("is linear in 100 kB of white space", () => {
  // Quadratic work on this much text takes minutes, and the test's time limit ends it.
  expect(filterWhitespace("single", "\r".repeat(100_000))).toHaveLength(100_000);
});

import { describe, expect, it } from "vitest";
import { cleanArgument } from "../../../src/core/web/arguments.js";

describe("cleanArgument", () => {
  // What Python's str.strip takes off, by its str.isspace.
  it.each([
    "\t",
    "\n",
    "\v",
    "\f",
    "\r",
    "\x1c",
    " ",
    "\u0085",
    "\u00a0",
    "\u1680",
    "\u2000",
    "\u200a",
    "\u2028",
    "\u2029",
    "\u202f",
    "\u205f",
    "\u3000",
  ])("takes %j off both ends", (blank) => {
    expect(cleanArgument(`${blank}${blank}a${blank}b${blank}`, true)).toBe(`a${blank === "\x1c" ? " " : blank}b`);
    expect(cleanArgument(blank, true)).toBe("");
  });

  it.each(["\ufeff", "\u200b", "\u180e", "\u2060"])(
    "leaves %j, which Python does not take for a blank",
    (character) => {
      expect(cleanArgument(`${character}a${character}`, true)).toBe(`${character}a${character}`);
    },
  );

  it("leaves the ends alone when told to", () => {
    expect(cleanArgument(" a\u0000 ", false)).toBe(" a  ");
  });
});

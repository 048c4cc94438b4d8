import { describe, expect, it } from "vitest";
import { isExponential } from "../../../src/core/routing/backtracking.js";
import { parsePathPattern } from "../../../src/core/routing/path-pattern.js";

describe("an expression that takes exponential time", () => {
  it.each([
    "/(a+)+",
    "/(?:a*)*x",
    "/(a|a)*x",
    "/(\\w+\\s?)*x",
    "/([a-z]+)*\\.html",
    "/(?:a|b|ab)*x",
    "/(?:a?b?)*x",
    "/(?:.+/)*x",
    "/(?:[^/]+/?)+x",
    "/(?:(?:a*|b*)c)+x",
    "/(?:\\d{2,})+x",
    "/(?:a+b?)+x",
    "/(?<slug>([a-z0-9]+-?)+)",
    "/(?:[\\x61-c]|b)*x",
    "^/(?:[^\\d]|[a-z])+1$",
  ])("is found: %s", (source) => {
    expect(isExponential(source, "")).toBe(true);
  });

  it("is found by the flags that make it one", () => {
    expect([isExponential("/(?:[a-z]|[A-Z])*1", "i"), isExponential("/(?:[a-z]|[A-Z])*1", "")]).toEqual([true, false]);
  });

  it("is refused as a route", () => {
    expect(() => parsePathPattern("/files/([a-z]+)*")).toThrow(/exponential/);
  });
});

describe("an expression of a usual route", () => {
  it.each([
    "/",
    "/stories/(?<id>[^/]+)",
    "/(.*)/(.*)",
    "/(?:[^/]+/)*[^/]+",
    "/(?:/[^/]+)*",
    "/([a-z0-9]+(?:-[a-z0-9]+)*)",
    "/(\\d{4})/(\\d\\d)/(\\d\\d)/",
    "/(?:a|b)*",
    "/(?:ab|cd)+",
    "/(a+)?(b+)?",
    "/static/(.*)",
    "/(?:[a-z]+\\.)+[a-z]{2,}",
    "/(?:\\w+\\b)+",
    "/(a+)+.*",
    "/((?:[0-9a-f]{2}:)+[0-9a-f]{2})",
    "/[\\w\\-.]+@(?:[\\w\\-]+\\.)+\\w+",
    "/(?:en|de|fr)(?:/.*)?",
    "/([^/.]+)(?:\\.([a-z]+))?",
    "/(?:é|è)*",
    "/(?:[à-ö]|ø)*",
    "/(a)\\1*",
    "/(?=(a+)+)a",
  ])("passes: %s", (source) => {
    expect(isExponential(source, "")).toBe(false);
  });
});

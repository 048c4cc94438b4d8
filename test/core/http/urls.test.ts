import { describe, expect, it } from "vitest";
import { isSafeRedirectTarget, splitHostAndPort, urlConcat } from "../../../src/core/http/urls.js";

describe("urlConcat", () => {
  // Reference row HU7.
  it.each([
    ["/a", { b: "1" }, "/a?b=1"],
    ["/a?x", { b: "1" }, "/a?x=&b=1"],
    ["/a?x=y z", { b: 2 }, "/a?x=y+z&b=2"],
    ["/a#top", { b: "1" }, "/a?b=1#top"],
    ["http://h/a?x=1#t", { b: "&=" }, "http://h/a?x=1&b=%26%3D#t"],
    ["/a", {}, "/a"],
  ])("adds to %j the arguments %j", (url, args, expected) => {
    expect(urlConcat(url, args)).toBe(expected);
  });

  it("takes pairs, so that a name may repeat, and nothing at all", () => {
    const pairs: [string, string][] = [
      ["a", "1"],
      ["a", "2"],
    ];

    expect(urlConcat("/", pairs)).toBe("/?a=1&a=2");
    expect(urlConcat("/", null)).toBe("/");
  });
});

describe("splitHostAndPort", () => {
  it.each<[string, [string, number | null]]>([
    ["example.com", ["example.com", null]],
    ["example.com:80", ["example.com", 80]],
    ["[::1]:8888", ["[::1]", 8888]],
    ["[::1]", ["[::1]", null]],
    ["example.com:", ["example.com:", null]],
  ])("splits %j", (authority, expected) => {
    expect(splitHostAndPort(authority)).toEqual(expected);
  });
});

describe("isSafeRedirectTarget", () => {
  const here = "http://good.test:8888/stories/1";

  it.each([
    "/",
    "/a?b=c#d",
    "next",
    "?a=1",
    "#a",
    "",
    "/a b",
    "http://good.test:8888/x",
    "HTTP://GOOD.test:8888",
    "/a%0d%0ab",
  ])("lets %j pass", (target) => {
    expect(isSafeRedirectTarget(target, here)).toBe(true);
  });

  // CVE-2023-28370, CVE-2024-29041, and the promise of reliability.md, row 21.
  it.each([
    "//evil.test",
    "//good.test@evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "/\t/evil.test",
    "\t//evil.test",
    " //evil.test",
    "/\n/evil.test",
    "http://evil.test",
    "http:evil.test",
    "https:evil.test",
    "https:/evil.test",
    "https:///evil.test",
    "http:\\\\evil.test",
    "http://good.test@evil.test/",
    "http://user@good.test/",
    "http://good.test.evil.test/",
    "http://good.test:8888@evil.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://good.test/",
    "http://[",
    "http://good.test/x",
    "http://good.test:8889/x",
    "https://good.test:8888/x",
    "https://good.test/x",
  ])("refuses %j", (target) => {
    expect(isSafeRedirectTarget(target, here)).toBe(false);
  });

  // RFC 6454, section 5: scheme, host and port are the origin. The one step beyond it is the one up to TLS.
  it.each([
    ["http://good.test/a", "http://good.test:80/b", true],
    ["https://good.test/a", "https://good.test:443/b", true],
    ["http://good.test/a", "https://good.test/b", true],
    ["https://good.test/a", "http://good.test/b", false],
    ["http://good.test/a", "https://good.test:8443/b", false],
    ["http://good.test:8080/a", "https://good.test/b", false],
    ["http://good.test/a", "https://www.good.test/b", false],
    ["http://[::1]:8888/a", "http://[::1]:8888/b", true],
    ["http://[::1]:8888/a", "http://[::1]:8889/b", false],
  ])("on %s, finds that %s is safe: %s", (currentUrl, target, isSafe) => {
    expect(isSafeRedirectTarget(target, currentUrl)).toBe(isSafe);
  });

  it("lets no host pass when it does not know its own", () => {
    expect(isSafeRedirectTarget("/a")).toBe(true);
    expect(isSafeRedirectTarget("http://good.test/")).toBe(false);
  });
});

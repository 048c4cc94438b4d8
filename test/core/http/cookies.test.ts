import { describe, expect, it } from "vitest";
import {
  type CookieAttributes,
  parseCookie,
  parseRequestCookies,
  serializeCookie,
} from "../../../src/core/http/cookies.js";

describe("parseCookie", () => {
  it.each([
    [
      "a=1; b=2",
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
    [
      "a=1;b=2",
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
    ["a=1; a=2", [["a", "2"]]],
    ["a=b=c", [["a", "b=c"]]],
    ["  a  =  1  ", [["a", "1"]]],
    ["a", [["", "a"]]],
    ["=a", [["", "a"]]],
    ["; ;;", []],
    ["", []],
    ["a=", [["a", ""]]],
    // Split even inside quotes, as every browser does; Python's own parser does not (Tornado 4.4.2).
    [
      'a="b;c"',
      [
        ["a", '"b'],
        ["", 'c"'],
      ],
    ],
    ['a="b c"', [["a", "b c"]]],
    [String.raw`a="\"\\\054\351"`, [["a", '"\\,é']]],
    [String.raw`a="\9\400"`, [["a", "9400"]]],
    ['a="', [["a", '"']]],
    ['a=""', [["a", ""]]],
    [
      "__proto__=1; constructor=2",
      [
        ["__proto__", "1"],
        ["constructor", "2"],
      ],
    ],
  ])("reads %s", (header, expected) => {
    expect([...parseCookie(header)]).toEqual(expected);
  });

  it.each([
    ["quotes and backslashes", `a="${"\\".repeat(500_000)}"`],
    ["semicolons", ";".repeat(1_000_000)],
    ["an unclosed quote in each piece", 'a="\\;'.repeat(200_000)],
    ["the octal escapes of CVE-2024-52804", `a="${String.raw`\054`.repeat(250_000)}"`],
  ])("reads a megabyte of %s in linear time", (_, header) => {
    // Quadratic work on this input would take minutes, and the test's own limit ends it.
    expect(parseCookie(header)).toBeInstanceOf(Map);
  });
});

describe("parseRequestCookies", () => {
  it.each([
    ["a name that is not a token", "a b=1"],
    ["no name, which must not shadow another (CVE-2023-23934)", "=__Host-session=evil"],
    ["a reserved name", "path=/; Domain=x; HttpOnly=1"],
    ["a name with a comma", "a,b=1"],
  ])("leaves out %s", (_, header) => {
    expect([...parseRequestCookies(`${header}; ok=1`)]).toEqual([["ok", "1"]]);
  });

  it("gives an empty map without a header", () => {
    expect(parseRequestCookies(undefined).size).toBe(0);
  });
});

describe("serializeCookie", () => {
  // Expected values: Python 3.11's http.cookies, which Tornado writes cookies with.
  it.each([
    ["plain", "a=plain; Path=/"],
    ["", 'a=""; Path=/'],
    ["it's!#$%&*+-.^_`|~:", "a=it's!#$%&*+-.^_`|~:; Path=/"],
    ["a=b", 'a="a=b"; Path=/'],
    ["()/<>?@[]{}", 'a="()/<>?@[]{}"; Path=/'],
    ['q"uote', String.raw`a="q\"uote"; Path=/`],
    ["back\\slash", String.raw`a="back\\slash"; Path=/`],
    ["a,b;c", String.raw`a="a\054b\073c"; Path=/`],
    ["café", String.raw`a="caf\351"; Path=/`],
    ["\x7f", String.raw`a="\177"; Path=/`],
  ])("quotes the value %j on the wire", (value, expected) => {
    expect(serializeCookie("a", value)).toBe(expected);
  });

  it("reads back every Latin-1 value that it writes", () => {
    for (let code = 0x21; code <= 0xff; code++) {
      const value = `x${String.fromCharCode(code)}y`;
      const pair = serializeCookie("a", value, { path: null });

      expect(parseCookie(pair).get("a")).toBe(value);
    }
  });

  it("writes attributes in Tornado's order and spelling", () => {
    const attributes: CookieAttributes = {
      secure: true,
      sameSite: "Strict",
      path: "/app",
      partitioned: true,
      maxAge: 60,
      httpOnly: true,
      expires: 1359312200,
      domain: "example.com",
    };

    expect(serializeCookie("a", "1", attributes)).toBe(
      "a=1; Domain=example.com; expires=Sun, 27 Jan 2013 18:43:20 GMT; HttpOnly; Max-Age=60; Partitioned; Path=/app; SameSite=Strict; Secure",
    );
  });

  it("sends a maxAge of zero", () => {
    expect(serializeCookie("a", "1", { maxAge: 0 })).toBe("a=1; Max-Age=0; Path=/");
  });

  it("prefers expires to expiresDays, and counts fractions of days", () => {
    expect(serializeCookie("a", "1", { expires: 0, expiresDays: 3 })).toContain("expires=Thu, 01 Jan 1970");
    const days = /expires=(.*); Path/.exec(serializeCookie("a", "1", { expiresDays: 0.5 }))![1]!;
    expect(Math.abs(Date.parse(days) - Date.now() - 43_200_000)).toBeLessThan(60_000);
  });

  it("leaves out what is null, and uses the default SameSite only where none is said", () => {
    const options = { defaultSameSite: "Lax" } as const;

    expect(serializeCookie("a", "1", { path: null, domain: null, expires: null, maxAge: null }, options)).toBe(
      "a=1; SameSite=Lax",
    );
    expect(serializeCookie("a", "1", { sameSite: null }, options)).toBe("a=1; Path=/");
    expect(serializeCookie("a", "1", { sameSite: "none", secure: true }, options)).toBe(
      "a=1; Path=/; SameSite=None; Secure",
    );
  });

  // The class of CVE-2012-2374, CVE-2026-35536, GHSA-wwv5-g3v4-889x, CVE-2024-47764 and of Tornado 6.6's max_age.
  const injections = ["x; Secure", "x\r\nSet-Cookie: b=1", "x\n", "x\0", "x y", "x\x7f", "x\x85", "\t"];
  const untyped = (attributes: object) => attributes as CookieAttributes;

  it.each(injections)("refuses %j in a name and in every attribute", (text) => {
    expect(() => serializeCookie(`a${text}`, "1")).toThrow(/BAD_COOKIE|cookie/);
    for (const attribute of [
      "domain",
      "path",
      "sameSite",
      "maxAge",
      "expires",
      "httpOnly",
      "secure",
      "partitioned",
      "expiresDays",
    ]) {
      expect(() => serializeCookie("a", "1", untyped({ [attribute]: text })), attribute).toThrow(
        expect.objectContaining({ code: "BAD_COOKIE" }),
      );
    }
  });

  it.each(["a b", "a\r\nb", "a\0b", "tab\t", "日本"])("refuses the value %j", (value) => {
    expect(() => serializeCookie("a", value)).toThrow(expect.objectContaining({ code: "BAD_COOKIE" }));
  });

  it.each(["", "a=b", "a,b", "a;b", "é", "path", "Expires", "SAMESITE"])("refuses the name %j", (name) => {
    expect(() => serializeCookie(name, "1")).toThrow(expect.objectContaining({ code: "BAD_COOKIE" }));
  });

  it.each(["Path", "PATH", "max_age", "max-age", "SameSite", "httponly", "__proto__x", "comment"])(
    "refuses the unknown attribute %s",
    (attribute) => {
      expect(() => serializeCookie("a", "1", untyped({ [attribute]: "/; Secure" }))).toThrow(/has no attribute/);
    },
  );

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5, "60"])("refuses the maxAge %j", (maxAge) => {
    expect(() => serializeCookie("a", "1", untyped({ maxAge }))).toThrow(/maxAge/);
  });

  it.each([Number.NaN, new Date("x"), 1e15, new Date(8.64e15)])("refuses to expire at %s", (expires) => {
    expect(() => serializeCookie("a", "1", { expires })).toThrow(/cannot expire/);
  });
});
